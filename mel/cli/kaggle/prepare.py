"""`mel kaggle prepare`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mel.cli import options
from mel.cli.page import Page

__all__ = ["prepare"]


class _Fit(StrEnum):
    crop = "crop"
    pad = "pad"
    squash = "squash"


_Size = Annotated[
    list[int], typer.Option("--size", metavar="N", help="Pixels a side of the square; repeat.")
]
_Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Folder to write; by default WORK/prepared."),
]
_FitTo = Annotated[_Fit, typer.Option("--fit", help="How a picture becomes a square.")]
_Trim = Annotated[bool, typer.Option("--trim-borders", help="Cut dark rims off first.")]
_Colour = Annotated[bool, typer.Option("--colour-constancy", help="Take the light's colour out.")]
_Quality = Annotated[int, typer.Option("--quality", metavar="Q", help="Of the JPEGs, 1 to 100.")]
_Shard = Annotated[int, typer.Option("--shard-images", metavar="N", help="Images a shard.")]
_Workers = Annotated[
    int | None, typer.Option("--workers", metavar="N", help="Threads; by default one a core.")
]
_SkipBroken = Annotated[
    bool, typer.Option("--skip-broken", help="End with status 0 in spite of broken images.")
]
_Refresh = Annotated[
    bool, typer.Option("--refresh", help="Make shards of changed or broken images again.")
]
_Json = Annotated[
    bool,
    options.as_json(
        "ok, folder, images, made, shards {all, made}, broken [image_id, path, reason], "
        "enlarged, seconds"
    ),
]


@options.example(
    "mel kaggle prepare --work work --size 256 --size 384",
    reads="WORK/images.parquet and the pictures.",
    writes="WORK/prepared/, a folder a size; broken.csv.",
    failed="Broken images; all others are prepared.",
)
def prepare(
    work: options.WorkDir,
    size: _Size,
    out: _Out = None,
    fit: _FitTo = _Fit.crop,
    trim_borders: _Trim = False,
    colour_constancy: _Colour = False,
    quality: _Quality = 95,
    shard_images: _Shard = 512,
    workers: _Workers = None,
    skip_broken: _SkipBroken = False,
    refresh: _Refresh = False,
    json: _Json = False,
) -> None:
    """Decode every image once, for all sizes, into TFRecords that a stopped run goes on with.

    The records hold no label: those are joined by id from the table, and so never stale. Broken
    images are listed in broken.csv; the run goes on, and ends with status 1 after all others.
    """
    from mel import pipeline

    with Page(json) as page:
        done = pipeline.kaggle_prepare(
            work,
            size,
            out,
            fit=fit.value,
            trim_borders=trim_borders,
            colour_constancy=colour_constancy,
            quality=quality,
            shard_images=shard_images,
            workers=workers,
            skip_broken=True,
            refresh=refresh,
        )
        page.put(ok=True, **done.as_dict())
        page.facts(done.facts)
        if not skip_broken:
            done.refuse_broken()
