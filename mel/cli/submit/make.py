"""`mel submit make`."""

from pathlib import Path
from typing import Annotated

import typer

from mel.cli import completing, options
from mel.cli.page import Page

__all__ = ["make"]

_Source = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="STAGE",
        help="Whose scores, as ROOM/NAME; by default the blend's.",
        autocompletion=completing.stages,
    ),
]
_Sample = Annotated[
    Path | None,
    typer.Option(
        "--sample",
        metavar="FILE",
        help="Sample submission; by default the one that was loaded.",
    ),
]
_Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FILE", help="File to write; by default WORK/submissions/NAME.csv."
    ),
]


@options.example(
    "mel submit make --work work --from ensemble/blend",
    reads="WORK: test scores of a stage, the sample.",
    writes="WORK/submissions/NAME.csv and a JSON beside it.",
)
def make(
    work: options.WorkDir,
    source: _Source = None,
    sample: _Sample = None,
    out: _Out = None,
    json: options.JsonFile = False,
) -> None:
    """Write a submission from a stage's test scores, and check it.

    A JSON beside it says what it was made of: members' digests and weights, folds, honest AUC.
    One of that name that was sent to Kaggle is kept under another.
    """
    from mel import pipeline

    with Page(json) as page:
        page.written(pipeline.submit_make(work, source, sample, out), "")
