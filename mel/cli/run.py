"""`mel run`, `mel demo` and `mel status`: the whole pipeline."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mel.cli import completing
from mel.cli.options import SCORE, Recipe, WorkDir, as_json, example
from mel.cli.page import Columns, Page

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
    Path | None,
    typer.Argument(
        metavar="[RECIPE]", help="By default the last run's.", autocompletion=completing.recipes
    ),
]
_STATES: Columns = {"name": "stage", "kind": "state", "why": "why"}
_MEMBERS: Columns = {
    "member": "member",
    "parameters": ("parameters", "{:,}".format),
    "pixels": "pixels",
    "made_for": "made for",
    "epochs": "epochs",
    "batch": "batch",
    "weights": "weights",
}
_ROW = ", ".join(_MEMBERS)
_SUMMARY = f"title, facts, scores [{SCORE}], seconds, files, notes, versions"
_STAGES = "stages [name, kind, why, blocks]"
_JsonRun = Annotated[bool, as_json(f"{_SUMMARY}; with --dry-run: {_STAGES}, members [{_ROW}]")]
_JsonDemo = Annotated[bool, as_json(_SUMMARY)]
_JsonStatus = Annotated[bool, as_json(_STAGES)]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command(
        **example(
            "mel run recipes/siim-2020.toml --data siim --work work/siim",
            reads="RECIPE, the files of --data.",
            writes="WORK: every artefact, submissions/, summary.md and summary.json.",
        )
    )(run)
    app.command(
        **example(
            "mel demo --work work/demo",
            writes="WORK: a synthetic competition and every artefact of a run on it.",
        )
    )(demo)
    app.command(
        **example("mel status --work work/demo", reads="WORK and its recipe; headers only.")
    )(status)


def run(
    recipe: Recipe,
    work: WorkDir,
    data: _MaybeData = None,
    dry_run: _DryRun = False,
    json: _JsonRun = False,
) -> None:
    """Run every stage of a recipe, from the data to a submission.

    The stages are load, folds, the CNN members, the stack, the blend and the
    submission. A stage whose output is there and still matches its inputs is skipped. Run the
    same command again after an interruption.
    """
    from mel import pipeline

    with Page(json) as page:
        if dry_run:
            _show_plan(page, pipeline.plan(recipe, work, data), pipeline.members(recipe))
        else:
            _show_summary(page, pipeline.run(recipe, work, data), work)


def demo(work: WorkDir, tiny: _Tiny = False, json: _JsonDemo = False) -> None:
    """Run every stage on a synthetic competition.

    The competition is written into the work folder first; no score on it says anything of skin.
    """
    from mel import pipeline

    with Page(json) as page:
        _show_summary(page, pipeline.demo(work, tiny=tiny), work)


def status(work: WorkDir, recipe: _MaybeRecipe = None, json: _JsonStatus = False) -> None:
    """Show which stages are done, missing or stale.

    For a stale stage it is said which of its inputs changed.
    """
    from mel import pipeline

    with Page(json) as page:
        page.records("stages", pipeline.status(work, recipe), _STATES, hang=True)


def _show_plan(page: Page, states: "list[State]", members: "list[dict[str, object]]") -> None:
    page.records("stages", states, _STATES, hang=True)
    if members:
        page.line()
        page.records("members", members, _MEMBERS)
    else:
        page.put(members=[])


def _show_summary(page: Page, summary: "Summary", work: Path) -> None:
    page.put(**summary.as_dict())
    page.line(summary.title)
    page.facts(summary.facts)
    page.line()
    page.table(summary.COLUMNS, [score.cells() for score in summary.scores])
    page.line()
    for text in (*summary.notes, "", *(str(work / name) for name in summary.files)):
        page.line(text)
