"""`mel cnn predict`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mel.cli import completing, options
from mel.cli.page import Page

__all__ = ["predict"]


class _Turns(StrEnum):
    none = "none"
    flips = "flips"
    all = "all"


_Member = Annotated[
    str,
    typer.Option(
        "--member", metavar="NAME", help="A trained member.", autocompletion=completing.members
    ),
]
_Out = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="Scores: .parquet (mel's own) or .csv.")
]
_Images = Annotated[
    Path | None, typer.Option("--images", metavar="DIR", help="A folder of images.")
]
_Table = Annotated[
    Path | None,
    typer.Option("--table", metavar="FILE", help="Parquet or CSV with image_id and path."),
]
_Tta = Annotated[
    _Turns | None, typer.Option("--tta", help="Turns to average; else the member's own views.")
]
_OutOfFold = Annotated[
    bool, typer.Option("--out-of-fold", help="Train images, by the folds that held them out.")
]
_Json = Annotated[bool, options.as_json("file, member, images")]


@options.example(
    "mel cnn predict --work work --member resnet_v2_nano-64 --images DIR --out x.csv",
    reads="WORK/cnn/MEMBER/ and the images.",
    writes="The file of --out.",
)
def predict(
    work: options.WorkDir,
    member: _Member,
    out: _Out,
    images: _Images = None,
    table: _Table = None,
    tta: _Tta = None,
    out_of_fold: _OutOfFold = False,
    json: _Json = False,
) -> None:
    """Score images with a trained member: the mean of its folds."""
    from mel import pipeline
    from mel.errors import MelError, many

    given = [place for place in (images, table) if place is not None]
    if len(given) != 1:
        raise MelError("cnn predict: what to score? give either --images or --table")
    turns = None if tta is None else tta.value
    with Page(json) as page:
        scored = pipeline.cnn_predict(
            work, member, given[0], out, turns=turns, out_of_fold=out_of_fold
        )
        page.put(file=out, member=scored.name, images=scored.frame.height)
        page.line(f"{out}: {many(scored.frame.height, 'image')} scored by {scored.name}")
