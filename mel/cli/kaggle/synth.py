"""`mel kaggle synth`."""

from pathlib import Path
from typing import Annotated

import typer

from mel.cli import options
from mel.cli.page import Page

__all__ = ["synth"]

_Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write.")]
_Tiny = Annotated[bool, typer.Option("--tiny", help="120 images instead of 1,500.")]
_Json = Annotated[bool, options.as_json("folder, synthetic")]


@options.example(
    "mel kaggle synth --out competition --tiny",
    writes="DIR: train.csv, test.csv, pictures, as SIIM-ISIC 2020 has them.",
)
def synth(
    out: _Out,
    tiny: _Tiny = False,
    seed: options.Seed = 0,
    json: _Json = False,
) -> None:
    """Write a synthetic competition in the layout of SIIM-ISIC 2020."""
    from mel import kaggle

    with Page(json) as page:
        folder = kaggle.synth(out, size="tiny" if tiny else "full", seed=seed)
        page.put(folder=folder, synthetic=True)
        page.line(f"{folder} (synthetic)")
