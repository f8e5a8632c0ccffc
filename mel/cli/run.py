"""`mel run`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mel.cli import options
from mel.cli.page import Columns, Page

if TYPE_CHECKING:
    from mel.pipeline import State, Summary

__all__ = ["STAGES", "STATES", "SUMMARY", "run", "show_summary"]

_Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Folder of the competition's files."),
]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, do nothing.")]
STATES: Columns = {"name": "stage", "kind": "state", "why": "why"}
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
SUMMARY = f"title, facts, scores [{options.SCORE}], seconds, files, notes, versions"
STAGES = "stages [name, kind, why, blocks]"
_Json = Annotated[bool, options.as_json(f"{SUMMARY}; with --dry-run: {STAGES}, members [{_ROW}]")]


@options.example(
    "mel run recipes/siim-2020.toml --data siim --work work/siim",
    reads="RECIPE, the files of --data.",
    writes="WORK: every artefact, submissions/, summary.md and summary.json.",
)
def run(
    recipe: options.Recipe,
    work: options.WorkDir,
    data: _Data = None,
    dry_run: _DryRun = False,
    json: _Json = False,
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
            show_summary(page, pipeline.run(recipe, work, data), work)


def _show_plan(page: Page, states: "list[State]", members: "list[dict[str, object]]") -> None:
    page.records("stages", states, STATES, hang=True)
    if members:
        page.line()
        page.records("members", members, _MEMBERS)
    else:
        page.put(members=[])


def show_summary(page: Page, summary: "Summary", work: Path) -> None:
    """Say what a run made, and where it lies."""
    page.put(**summary.as_dict())
    page.line(summary.title)
    page.facts(summary.facts)
    page.line()
    page.table(summary.COLUMNS, [score.cells() for score in summary.scores])
    page.line()
    for text in (*summary.notes, "", *(str(work / name) for name in summary.files)):
        page.line(text)
