"""`mel folds inner`."""

from pathlib import Path
from typing import Annotated

import typer

from mel.cli import options
from mel.cli.page import Page

__all__ = ["inner"]

_Fold = Annotated[
    int, typer.Option("--fold", min=0, metavar="K", help="The fold to train, from 0.")
]
_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="A file.parquet to write.")]
_Share = Annotated[
    float,
    typer.Option("--share", metavar="X", help="Of the train images to hold out, 0.01 to 0.99."),
]
_Json = Annotated[bool, options.as_json("train, held_out, digest, file")]


@options.example(
    "mel folds inner --work work --fold 0 --out inner.parquet",
    reads="WORK: images.parquet, folds.parquet.",
    writes="The file of --out.",
)
def inner(
    work: options.WorkDir,
    fold: _Fold,
    out: _Out,
    share: _Share = 0.1,
    seed: options.Seed = 0,
    json: _Json = False,
) -> None:
    """Part what trains a fold into train and hold-out, groups whole: to stop early, say.

    The images that the fold scores are in neither, so that they decide nothing.
    """
    from mel import pipeline

    with Page(json) as page:
        found = pipeline.folds_inner(work, fold, out, share, seed)
        train, held_out = len(found.train), len(found.held_out)
        page.values(train=train, held_out=held_out, digest=found.digest, file=out)
