"""`mel cnn doctor`."""

from pathlib import Path
from typing import Annotated

import typer

from mel.cli import completing, options, show
from mel.cli.page import Page

__all__ = ["doctor"]


@options.example("mel cnn doctor recipes/demo.toml", reads="RECIPE.")
def doctor(
    recipe: Annotated[
        Path | None,
        typer.Argument(
            metavar="RECIPE",
            help="A recipe, for what its members would use.",
            autocompletion=completing.recipes,
        ),
    ] = None,
    json: Annotated[
        bool, options.as_json("found, used, reasons, advice, fault; printed with status 2, too")
    ] = False,
) -> None:
    """Say what there is to train with, what will be used and why, and what to set."""
    from mel import pipeline
    from mel.errors import MelError

    checkup = pipeline.cnn_doctor(recipe)
    with Page(json) as page:
        page.put(**vars(checkup))
        page.facts(checkup.found, hang=True)
        page.line()
        page.table(("member", "computes on"), checkup.used.items(), hang=True)
        reasons = {f"{device}, because": lines for device, lines in checkup.reasons.items()}
        for title, lines in (reasons | {"to set": checkup.advice}).items():
            if lines:
                page.line(f"\n{title}")
            for text in lines:
                page.line(f"  {show.filled(text, 2)}")
    if checkup.fault:
        raise MelError(checkup.fault)
