"""`mel cnn preview`."""

from pathlib import Path
from typing import Annotated

import typer

from mel.cli import completing, options
from mel.cli.page import Page

__all__ = ["preview"]

_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="The sheet, a PNG.")]
_Work = Annotated[
    Path | None,
    typer.Option("--work", metavar="DIR", help="Show its images; else synthetic ones."),
]
_Member = Annotated[
    str | None,
    typer.Option(
        "--member",
        metavar="NAME",
        help="Of this member, else the first.",
        autocompletion=completing.members,
    ),
]


@options.example(
    "mel cnn preview recipes/demo.toml --out preview.png",
    reads="RECIPE, and WORK where it is given.",
    writes="The PNG of --out.",
)
def preview(
    recipe: options.Recipe,
    out: _Out,
    work: _Work = None,
    member: _Member = None,
    json: options.JsonFile = False,
) -> None:
    """Draw what the augmentation of a recipe does: a row a change, at its ends and as drawn."""
    from mel import pipeline

    with Page(json) as page:
        page.written(pipeline.cnn_preview(recipe, out, work, member))
