"""`mel ensemble import`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mel.cli import options, show
from mel.cli.page import Page

__all__ = ["import_"]


class _Scale(StrEnum):
    probability = "probability"
    logit = "logit"
    rank = "rank"


def _column(option: str, what: str) -> Any:
    return typer.Option(option, metavar="COLUMN", help=f"{what}; by default a usual name.")


_Oof = Annotated[Path, typer.Option("--oof", metavar="FILE", help="Out-of-fold scores.")]
_Test = Annotated[Path, typer.Option("--test", metavar="FILE", help="Scores of a submission.")]
_Name = Annotated[str, typer.Option("--name", metavar="NAME", help="What to call the member.")]
_FoldMap = Annotated[
    Path | None, typer.Option("--folds", metavar="FILE", help="The fold map they were made on.")
]
_Foreign = Annotated[
    bool, typer.Option("--foreign", help="Take scores of other or unknown folds, marked so.")
]
_Scaled = Annotated[
    _Scale | None, typer.Option("--scale", help="Of the scores; by default told by the values.")
]
_Replace = Annotated[
    bool, typer.Option("--replace", help="Take the place of other scores of this name.")
]
_Ids = Annotated[str | None, _column("--id-column", "Ids in --oof")]
_Scores = Annotated[str | None, _column("--score-column", "Scores in --oof")]
_OwnFolds = Annotated[str | None, _column("--fold-column", "Folds in --oof")]
_TestIds = Annotated[str | None, _column("--test-id-column", "Ids in --test")]
_TestScores = Annotated[str | None, _column("--test-score-column", "Scores in --test")]
_Json = Annotated[
    bool,
    options.as_json(
        "member, train_images, test_images, columns, scale, auc {pooled, fold_mean, low, high}, "
        "folds, foreign, digest, folder, notes, recipe"
    ),
]


@options.example(
    "mel ensemble import --oof oof.csv --test submission.csv --name cp_1 --work work",
    reads="The files of --oof, --test and --folds; WORK: images, folds.",
    writes="WORK/imported/NAME/: oof.parquet, test.parquet.",
)
def import_(
    oof: _Oof,
    test: _Test,
    name: _Name,
    work: options.WorkDir,
    folds: _FoldMap = None,
    foreign: _Foreign = False,
    scale: _Scaled = None,
    id_column: _Ids = None,
    score_column: _Scores = None,
    fold_column: _OwnFolds = None,
    test_id_column: _TestIds = None,
    test_score_column: _TestScores = None,
    replace: _Replace = False,
    json: _Json = False,
) -> None:
    """Make anybody's out-of-fold and submission scores a member; a recipe can then use it.

    CSV or Parquet. Scores made on other folds than the work folder's are foreign: refused unless
    --foreign is given, marked for ever, and used only where the recipe allows it.
    """
    from mel import pipeline

    with Page(json) as page:
        found = pipeline.ensemble_import(
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
        page.put(**found.as_dict())
        page.facts(found.facts(), hang=True)
        for text in found.notes():
            page.line(f"\n{show.filled(text)}")
        page.line(f"\nin the recipe:\n\n{found.recipe()}")
