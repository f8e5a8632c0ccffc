"""`mel status`."""

from pathlib import Path
from typing import Annotated

import typer

from mel.cli import completing, options
from mel.cli.page import Page
from mel.cli.run import STAGES, STATES

__all__ = ["status"]

_Recipe = Annotated[
    Path | None,
    typer.Argument(
        metavar="RECIPE", help="By default the last run's.", autocompletion=completing.recipes
    ),
]
_Json = Annotated[bool, options.as_json(STAGES)]


@options.example("mel status --work work/demo", reads="WORK and its recipe; headers only.")
def status(work: options.WorkDir, recipe: _Recipe = None, json: _Json = False) -> None:
    """Show which stages are done, missing or stale.

    For a stale stage it is said which of its inputs changed.
    """
    from mel import pipeline

    with Page(json) as page:
        page.records("stages", pipeline.status(work, recipe), STATES, hang=True)
