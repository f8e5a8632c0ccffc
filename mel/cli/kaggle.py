"""`mel kaggle`: a competition's files, real or synthetic."""

from pathlib import Path
from typing import Annotated

import typer

from mel.cli import options, show

__all__ = ["app"]

app = options.room("Competition files, real or synthetic.", "mel kaggle synth --out competition")


@app.command(**options.example("mel kaggle synth --out competition --tiny"))
def synth(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write.")],
    tiny: Annotated[bool, typer.Option("--tiny", help="120 images instead of 1,500.")] = False,
    seed: options.Seed = 0,
) -> None:
    """Write a synthetic competition in the layout of SIIM-ISIC 2020."""
    from mel import kaggle

    show.line(f"{kaggle.synth(out, size='tiny' if tiny else 'full', seed=seed)} (synthetic)")


@app.command(**options.example("mel kaggle load recipes/demo.toml --data competition --work work"))
def load(recipe: options.Recipe, data: options.Data, work: options.WorkDir) -> None:
    """Read and check a competition's tables and image files into a work folder."""
    from mel import pipeline

    pipeline.only(recipe, work, "load", data)
    show.facts(pipeline.facts(work))
