"""`mel kaggle prepare`, `explore` and `duplicates`: what is done with pictures that are loaded."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mel.cli import options, show
from mel.cli.page import Page

if TYPE_CHECKING:
    from mel.pipeline import Copies

__all__ = ["add_to"]

_MOST = 20  # surprising pairs that are printed


class _Fit(StrEnum):
    crop = "crop"
    pad = "pad"
    squash = "squash"


_Size = Annotated[
    list[int], typer.Option("--size", metavar="N", help="Pixels a side of the square; repeat.")
]
_Prepared = Annotated[
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
_Broken = "broken [image_id, path, reason]"
_JsonPrepare = Annotated[
    bool,
    options.as_json(
        f"ok, folder, images, made, shards {{all, made}}, {_Broken}, enlarged, seconds"
    ),
]
_JsonExplore = Annotated[
    bool,
    options.as_json(
        "report, findings, counts, missing, patients, contradictions, rates, shift, copies, "
        "shortcuts, no_audit, headers {read, broken}; as in explore.json"
    ),
]
_JsonDuplicates = Annotated[
    bool,
    options.as_json(
        f"images, read, threshold, {_Broken}, counts, surprising [image_id_1, image_id_2, "
        "distance, why], file, sheet"
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to those of `mel kaggle`."""
    app.command(
        **options.example(
            "mel kaggle prepare --work work --size 256 --size 384",
            reads="WORK/images.parquet and the pictures.",
            writes="WORK/prepared/, a folder a size; broken.csv.",
            failed="Broken images; all others are prepared.",
        )
    )(prepare)
    app.command(
        **options.example(
            "mel kaggle explore --work work",
            reads="WORK: images.parquet, folds.parquet, duplicates.parquet; pictures.",
            writes="WORK/explore/: report.html, explore.json, figures/.",
        )
    )(explore)
    app.command(
        **options.example(
            "mel kaggle duplicates --work work --report",
            reads="WORK/images.parquet, the pictures, the lists.",
            writes="WORK: duplicates.parquet, duplicates.png, cache/hashes.parquet.",
        )
    )(duplicates)


def prepare(
    work: options.WorkDir,
    size: _Size,
    out: _Prepared = None,
    fit: _FitTo = _Fit.crop,
    trim_borders: _Trim = False,
    colour_constancy: _Colour = False,
    quality: _Quality = 95,
    shard_images: _Shard = 512,
    workers: _Workers = None,
    skip_broken: _SkipBroken = False,
    refresh: _Refresh = False,
    json: _JsonPrepare = False,
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


_Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Folder to write; by default WORK/explore."),
]
_Examples = Annotated[
    int, typer.Option("--examples", min=0, metavar="N", help="Pictures of each diagnosis.")
]
_NoHeaders = Annotated[bool, typer.Option("--no-headers", help="Read no image file's header.")]


def explore(
    work: options.WorkDir,
    out: _Out = None,
    examples: _Examples = 8,
    no_headers: _NoHeaders = False,
    seed: options.Seed = 0,
    json: _JsonExplore = False,
) -> None:
    """Look at the loaded images: counts, gaps, copies, and what a model could cheat with.

    Writes report.html, one page with everything on it, figures/*.png and explore.json. The shortcut
    audit scores LightGBM on metadata, image sizes and file properties alone, on patient folds.
    """
    from mel import pipeline

    with Page(json) as page:
        found = pipeline.kaggle_explore(
            work, out, examples=examples, headers=not no_headers, seed=seed
        )
        page.put(**found.as_dict())
        said = {topic: found.findings[topic] for topic in ("counts", "missing", "copies", "shift")}
        if broken := found.numbers.measured.broken:
            said["broken"] = (
                f"{len(broken):,} without a readable header, the first {broken[0]}; "
                "mel kaggle duplicates says why."
            )
        page.facts(said, hang=True)
        page.line()
        rows = [(*numbers, words.partition(":")[0]) for *numbers, words in found.audit]
        page.table(("without a picture", "AUC", "95 % interval", "in a word"), rows)
        page.line()
        page.line(show.filled(found.findings["shortcuts"]))
        page.line()
        page.line(found.report)


_Threshold = Annotated[
    float | None,
    typer.Option("--threshold", metavar="X", help="Largest distance of a pair, 0 to 1."),
]
_Lists = Annotated[
    list[Path] | None,
    typer.Option("--list", metavar="FILE.csv", help="A published list of pairs; repeat."),
]
_Report = Annotated[
    bool, typer.Option("--report", help="Also draw the pairs to look at: duplicates.png.")
]


def duplicates(
    work: options.WorkDir,
    threshold: _Threshold = None,
    lists: _Lists = None,
    report: _Report = False,
    json: _JsonDuplicates = False,
) -> None:
    """Find exact and near copies among the loaded images, in any orientation.

    The pairs go to duplicates.parquet in the work folder. The first run reads every picture, a
    later one only those that changed. Broken pictures are listed and left out.
    """
    from mel import pipeline

    given = {} if threshold is None else {"threshold": threshold}
    with Page(json) as page:
        found = pipeline.kaggle_duplicates(work, lists=lists or (), report=report, **given)
        page.put(**found.as_dict())
        _show_pairs(page, found)
        page.facts(found.facts)
        page.line()
        page.line(show.filled(found.advice))


def _show_pairs(page: Page, found: "Copies") -> None:
    """Show the pictures that are broken, and the first of the surprising pairs."""
    if found.broken.height:
        page.table(("broken image", "why"), found.broken.select("image_id", "reason").rows())
        page.line()
    odd = found.review.surprising.select("image_id_1", "image_id_2", "distance").rows()
    if odd:
        rows = [(*row, why) for row, why in zip(odd, found.review.reasons, strict=True)]
        page.table(("image", "copy", "distance", "surprising"), rows[:_MOST])
        if len(rows) > _MOST:
            page.line(f"… and {len(rows) - _MOST:,} more; {found.pairs} has them all")
        page.line()
