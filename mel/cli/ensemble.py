"""`mel ensemble`: the rank blend, and members whose scores come from elsewhere."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mel.cli import options, show

__all__ = ["app"]

app = options.room("The rank blend.", "mel ensemble blend recipes/demo.toml --work work/demo")


class _Scale(StrEnum):
    probability = "probability"
    logit = "logit"
    rank = "rank"


def _column(option: str, what: str) -> Any:
    return typer.Option(option, metavar="COLUMN", help=f"{what}; by default a usual name.")


Oof = Annotated[Path, typer.Option("--oof", metavar="FILE", help="Out-of-fold scores.")]
Test = Annotated[Path, typer.Option("--test", metavar="FILE", help="Scores of a submission.")]
Name = Annotated[str, typer.Option("--name", metavar="NAME", help="What to call the member.")]
FoldMap = Annotated[
    Path | None, typer.Option("--folds", metavar="FILE", help="The fold map they were made on.")
]
Foreign = Annotated[
    bool, typer.Option("--foreign", help="Take scores of other or unknown folds, marked so.")
]
Scaled = Annotated[_Scale | None, typer.Option("--scale", help="By default told by the values.")]
Replace = Annotated[
    bool, typer.Option("--replace", help="Take the place of other scores of this name.")
]
Ids = Annotated[str | None, _column("--id-column", "Ids in --oof")]
Scores = Annotated[str | None, _column("--score-column", "Scores in --oof")]
OwnFolds = Annotated[str | None, _column("--fold-column", "Folds in --oof")]
TestIds = Annotated[str | None, _column("--test-id-column", "Ids in --test")]
TestScores = Annotated[str | None, _column("--test-score-column", "Scores in --test")]


@app.callback()
def _room() -> None:
    """The rank blend."""


@app.command(**options.example("mel ensemble blend recipes/demo.toml --work work"))
def blend(recipe: options.Recipe, work: options.WorkDir) -> None:
    """Blend all members by their ranks; honest and naive AUC are both shown."""
    from mel import pipeline

    scores = pipeline.only(recipe, work, "ensemble")
    show.table(pipeline.Summary.COLUMNS[:-1], [score.cells()[:-1] for score in scores])


@app.command(**options.example("mel ensemble report recipes/demo.toml --work work"))
def report(recipe: options.Recipe, work: options.WorkDir) -> None:
    """Say what the blend is worth: a recommendation in words, a page, and its figures as PNG.

    The page shows members, weights, what each member is worth, calibration, operating points,
    groups of images and drift. The blend itself is not changed.
    """
    from mel import pipeline

    page, words = pipeline.blend_report(recipe, work)
    for text in words:
        show.line(f"- {show.filled(text, 2)}")
    show.line(f"{page}: written, with figures")


@app.command(
    "import",
    **options.example(
        "mel ensemble import --oof oof.csv --test submission.csv --name cp_1 --work work"
    ),
)
def import_(
    oof: Oof,
    test: Test,
    name: Name,
    work: options.WorkDir,
    folds: FoldMap = None,
    foreign: Foreign = False,
    scale: Scaled = None,
    id_column: Ids = None,
    score_column: Scores = None,
    fold_column: OwnFolds = None,
    test_id_column: TestIds = None,
    test_score_column: TestScores = None,
    replace: Replace = False,
) -> None:
    """Make anybody's out-of-fold and submission scores a member; a recipe can then use it.

    CSV or Parquet. Scores made on other folds than the work folder's are foreign: refused unless
    --foreign is given, marked for ever, and used only where the recipe allows it.
    """
    from mel import pipeline

    found = pipeline.import_scores(
        work,
        name,
        oof,
        test,
        fold_map=folds,
        foreign=foreign,
        replace=replace,
        scale="" if scale is None else scale.value,
        id_column=id_column,
        score_column=score_column,
        fold_column=fold_column,
        test_id_column=test_id_column,
        test_score_column=test_score_column,
    )
    show.facts(show.hanging(found.facts()))
    for text in found.notes():
        show.line(f"\n{show.filled(text)}")
    show.line(f"\nin the recipe:\n\n{found.recipe()}")
