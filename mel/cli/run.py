"""`mel run`, `mel demo` and `mel status`: the whole pipeline."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mel.cli import show
from mel.cli.options import Recipe, WorkDir, example

if TYPE_CHECKING:
    from mel.pipeline import State, Summary

__all__ = ["add_to"]

_MaybeData = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Folder of the competition's files."),
]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, do nothing.")]
_Tiny = Annotated[bool, typer.Option("--tiny", help="A smoke run on 120 images, under 90 s.")]
_MaybeRecipe = Annotated[
    Path | None, typer.Argument(metavar="[RECIPE]", help="By default the last run's.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command(**example("mel run recipes/siim-2020.toml --data siim --work work/siim"))(run)
    app.command(**example("mel demo --work work/demo"))(demo)
    app.command(**example("mel status --work work/demo"))(status)


def run(recipe: Recipe, work: WorkDir, data: _MaybeData = None, dry_run: _DryRun = False) -> None:
    """Run every stage of a recipe, from the data to a submission.

    The stages are load, folds, the CNN members, the stack, the blend and the
    submission. A stage whose output is there and still matches its inputs is skipped. Run the
    same command again after an interruption.
    """
    from mel import pipeline

    if dry_run:
        _show_plan(pipeline.plan(recipe, work, data), pipeline.members(recipe))
    else:
        _show_summary(pipeline.run(recipe, work, data), work)


def demo(work: WorkDir, tiny: _Tiny = False) -> None:
    """Run every stage on a synthetic competition.

    The competition is written into the work folder first; no score on it says anything of skin.
    """
    from mel import pipeline

    _show_summary(pipeline.demo(work, tiny=tiny), work)


def status(work: WorkDir, recipe: _MaybeRecipe = None) -> None:
    """Show which stages are done, missing or stale.

    For a stale stage it is said which of its inputs changed.
    """
    from mel import pipeline

    show.table(("stage", "state", "why"), _rows(pipeline.status(work, recipe)), hang=True)


def _rows(states: "list[State]") -> list[tuple[str, str, str]]:
    return [(state.name, state.kind, state.why) for state in states]


def _show_plan(states: "list[State]", members: "list[dict[str, object]]") -> None:
    show.table(("stage", "state", "why"), _rows(states), hang=True)
    if members:
        show.line()
        show.table(list(members[0]), [list(member.values()) for member in members])


def _show_summary(summary: "Summary", work: Path) -> None:
    show.line(summary.title)
    show.facts(summary.facts)
    show.line()
    show.table(summary.COLUMNS, [score.cells() for score in summary.scores])
    show.line()
    for text in (*summary.notes, "", *(str(work / name) for name in summary.files)):
        show.line(text)
