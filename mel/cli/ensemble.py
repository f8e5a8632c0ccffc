"""`mel ensemble`: the rank blend, and members whose scores come from elsewhere."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mel.cli import completing, options, show
from mel.cli.page import Page

__all__ = ["app"]

app = options.room("The rank blend.", "mel ensemble blend recipes/demo.toml --work work/demo")


class _Weights(StrEnum):
    float32 = "float32"
    float16 = "float16"
    int8 = "int8"


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
Scaled = Annotated[
    _Scale | None, typer.Option("--scale", help="Of the scores; by default told by the values.")
]
Replace = Annotated[
    bool, typer.Option("--replace", help="Take the place of other scores of this name.")
]
Ids = Annotated[str | None, _column("--id-column", "Ids in --oof")]
Scores = Annotated[str | None, _column("--score-column", "Scores in --oof")]
OwnFolds = Annotated[str | None, _column("--fold-column", "Folds in --oof")]
TestIds = Annotated[str | None, _column("--test-id-column", "Ids in --test")]
TestScores = Annotated[str | None, _column("--test-score-column", "Scores in --test")]
_JsonImport = Annotated[
    bool,
    options.as_json(
        "member, train_images, test_images, columns, scale, auc {pooled, fold_mean, low, high}, "
        "folds, foreign, digest, folder, notes, recipe"
    ),
]

_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="The bundle, one file.")]
_Blend = Annotated[
    str | None,
    typer.Option(
        "--blend",
        metavar="NAME",
        help="Which blend; by default the recipe's.",
        autocompletion=completing.blends,
    ),
]
_Folds = Annotated[
    str | None,
    typer.Option("--folds", metavar="K,K", help="Networks of these folds, from 0; else all."),
]
_Average = Annotated[
    bool, typer.Option("--average", help="One network a member, of the folds' mean weights.")
]
_Kept = Annotated[_Weights, typer.Option("--weights", help="How the graphs keep their numbers.")]
_Examples = Annotated[
    Path | None,
    typer.Option("--examples", metavar="DIR", help="Pictures to show, and examples.csv."),
]
_Measure = Annotated[
    int, typer.Option("--measure", min=0, metavar="N", help="Images to measure changes on.")
]
_Tolerance = Annotated[
    float,
    typer.Option(
        "--tolerance", metavar="P", help="Largest difference of a probability that is borne."
    ),
]
_JsonBundle = Annotated[
    bool,
    options.as_json(
        "path, digest, size, members, made_of, verified {images, members, blend, chain, lacking, "
        "low}, measured [what, against, images, judged, auc, change, low, high, largest, mean, "
        "level, moved, speed], notes"
    ),
]


@app.callback()
def _room() -> None:
    """The rank blend."""


@app.command(
    **options.example(
        "mel ensemble blend recipes/demo.toml --work work",
        reads="RECIPE, WORK: folds.parquet, scores of members and stack.",
        writes="WORK/ensemble/NAME/: blend.json, oof.parquet, test.parquet, report.html.",
    )
)
def blend(recipe: options.Recipe, work: options.WorkDir, json: options.JsonScores = False) -> None:
    """Blend all members by their ranks; honest and naive AUC are both shown."""
    from mel import pipeline

    with Page(json) as page:
        scores = pipeline.ensemble_blend(recipe, work)
        page.put(scores=scores)
        page.table(pipeline.Summary.COLUMNS[:-1], [score.cells()[:-1] for score in scores])


@app.command(
    **options.example(
        "mel ensemble report recipes/demo.toml --work work",
        reads="RECIPE, WORK/ensemble/NAME/ and all scores.",
        writes="WORK/ensemble/NAME/: report.html, evaluation.json, figures/.",
    )
)
def report(
    recipe: options.Recipe,
    work: options.WorkDir,
    json: Annotated[bool, options.as_json("file, advice")] = False,
) -> None:
    """Say what the blend is worth: a recommendation in words, a page, and its figures as PNG.

    The page shows members, weights, what each member is worth, calibration, operating points,
    groups of images and drift. The blend itself is not changed.
    """
    from mel import pipeline

    with Page(json) as page:
        file, advice = pipeline.ensemble_report(recipe, work)
        page.put(advice=advice)
        for text in advice:
            page.line(f"- {show.filled(text, 2)}")
        page.written(file, ": written, with figures")


@app.command(
    **options.example(
        "mel ensemble bundle --work work --out blend.mel",
        reads="WORK: blend, stack, networks, pictures; --examples.",
        writes="The file of --out; graphs that were not exported yet, in WORK/cnn/.",
    )
)
def bundle(
    work: options.WorkDir,
    out: _Out,
    blend: _Blend = None,
    folds: _Folds = None,
    average: _Average = False,
    weights: _Kept = _Weights.float32,
    examples: _Examples = None,
    measure: _Measure = 512,
    tolerance: _Tolerance = 1e-4,
    json: _JsonBundle = False,
) -> None:
    """Put the whole ensemble into one file that scores new images without TensorFlow.

    Its scores are compared with those of the work folder, and what a smaller bundle or bfloat16
    changes is measured on images that its networks never saw. Nothing in it names an image or a
    patient.
    """
    from mel import pipeline

    wanted = pipeline.Wanted(
        blend=blend,
        folds=_numbers(folds),
        weights=weights.value,
        average=average,
        examples=examples,
        measured=measure,
        tolerance=tolerance,
    )
    with Page(json) as page:
        found = pipeline.ensemble_bundle(work, out, wanted)
        page.put(**vars(found))
        page.facts(found.facts(), hang=True)
        for text in found.notes:
            page.line(f"\n{show.filled(text)}")


def _numbers(text: str | None) -> tuple[int, ...] | None:
    """Give whole numbers between commas."""
    from mel.errors import MelError

    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise MelError(f"--folds {text!r}: give numbers of folds between commas, such as 0,1")
    return tuple(map(int, parts))


@app.command(
    "import",
    **options.example(
        "mel ensemble import --oof oof.csv --test submission.csv --name cp_1 --work work",
        reads="The files of --oof, --test and --folds; WORK: images, folds.",
        writes="WORK/imported/NAME/: oof.parquet, test.parquet.",
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
    json: _JsonImport = False,
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
