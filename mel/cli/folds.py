"""`mel folds`: patient folds, and the proof that nothing leaks."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mel.cli import options, show
from mel.cli.page import Columns, Page

if TYPE_CHECKING:
    from mel.folds import Audit

__all__ = ["app"]

app = options.room("Leak-free folds, and their audit.", "mel folds audit --work work/demo")

_MaybeWork = Annotated[
    Path | None, typer.Option("--work", metavar="DIR", help="Work folder, for what is not named.")
]
_Near = Annotated[
    Path | None,
    typer.Option(
        "--near",
        metavar="FILE",
        help="Pairs of copies, CSV or Parquet; by default WORK/duplicates.parquet, if there.",
    ),
]
_AUDIT = (
    "ok, verdict, checked, notes, deviation {median, largest}, counts [fold, rows, positives, "
    "positive_share, patients, positive_patients, median_age, female_share, external], "
    "axes [axis, categories, median, largest, category, fold], comparison [map, ...], "
    "crossings [kind, id, folds, images, leak], shared_with_test [kind, id, train, test], folder"
)
_TRAINING = "fold, scored, positives, trains, train_positives, external, barred"
_JsonAudit = Annotated[bool, options.as_json(_AUDIT)]
_JsonBuild = Annotated[bool, options.as_json(f"method, training [{_TRAINING}], {_AUDIT}")]
_MAPS: Columns = {"seed": "seed", "folds": "folds", "digest": "digest", "file": "file"}


@app.command(
    **options.example(
        "mel folds build recipes/demo.toml --work work",
        reads="RECIPE, WORK/images.parquet.",
        writes="WORK/folds.parquet, WORK/audit/.",
        failed="Folds that leak, or a fold without one of the classes.",
    )
)
def build(recipe: options.Recipe, work: options.WorkDir, json: _JsonBuild = False) -> None:
    """Assign every train image to a fold, patients whole."""
    from mel import pipeline

    with Page(json) as page:
        found = pipeline.folds_build(recipe, work)
        _show_training(page, work)
        _show(page, found, pipeline.audit_folder(work))


_Images = Annotated[
    Path | None,
    typer.Option(
        "--images", metavar="FILE", help="Table of images; by default WORK/images.parquet."
    ),
]
_Folds = Annotated[
    Path | None,
    typer.Option("--folds", metavar="FILE", help="Fold map; by default WORK/folds.parquet."),
]
_Column = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="NAME",
        help="Weigh this column too; repeat. By default those of the recipe.",
    ),
]
_Alone = Annotated[bool, typer.Option("--no-compare", help="Leave out scikit-learn's plain maps.")]
_Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Folder to write; by default WORK/audit."),
]


@app.command(
    **options.example(
        "mel folds audit --work work",
        reads="WORK: images.parquet, folds.parquet, duplicates.parquet; or the files named.",
        writes="WORK/audit/: audit.json, audit.png and tables as CSV.",
        failed="Folds that leak, or a fold without one of the classes.",
    )
)
def audit(
    work: _MaybeWork = None,
    images: _Images = None,
    folds: _Folds = None,
    near: _Near = None,
    column: _Column = None,
    alone: _Alone = False,
    out: _Out = None,
    json: _JsonAudit = False,
) -> None:
    """Look for all that trains what scores a relative of it, and weigh the folds.

    Relatives share a patient, a lesion or a copy. The tables: each fold's counts; how far a
    category's largest fold is off its mean, the median over the categories of an axis; the map
    beside scikit-learn's plain ones. All of it, and a picture, goes into files.
    """
    from mel import pipeline

    with Page(json) as page:
        found = pipeline.folds_audit(
            work, folds, near, out, images=images, columns=column or None, compare=not alone
        )
        _show(page, found, pipeline.audit_folder(work, folds, out))


_File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV or Parquet, a row an image.")]
_IdColumn = Annotated[
    str | None,
    typer.Option("--id-column", metavar="COLUMN", help="Ids; by default a usual name."),
]
_FoldColumn = Annotated[
    str | None,
    typer.Option("--fold-column", metavar="COLUMN", help="Folds; by default a usual name."),
]
_KeepLeaks = Annotated[bool, typer.Option("--keep-leaks", help="Write a map that leaks, too.")]
_ImportOut = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FILE", help="File to write; by default WORK/folds/NAME.parquet."
    ),
]
_Json = Annotated[bool, options.as_json(f"file, {_AUDIT}")]


@app.command(
    "import",
    **options.example(
        "mel folds import map.csv --work work",
        reads="FILE, WORK/images.parquet.",
        writes="WORK/folds/NAME.parquet, WORK/audit/NAME/.",
        failed="A map that leaks, written or not.",
    ),
)
def import_(
    file: _File,
    work: options.WorkDir,
    id_column: _IdColumn = None,
    fold_column: _FoldColumn = None,
    near: _Near = None,
    keep_leaks: _KeepLeaks = False,
    out: _ImportOut = None,
    json: _Json = False,
) -> None:
    """Take a fold map from elsewhere, and say what it leaks.

    A map that leaks is not written unless asked for: scores on it would be too good.
    """
    from mel import pipeline

    columns = {"id_column": id_column, "fold_column": fold_column}
    with Page(json) as page:
        found, path = pipeline.folds_import(
            file, work, out, near=near, keep_leaks=keep_leaks, **columns
        )
        page.put(file=path)
        page.line(f"fold map: {path or 'not written, since it leaks (--keep-leaks writes it)'}")
        _show(page, found, pipeline.audit_folder(work, file))


@app.command(
    **options.example(
        "mel folds repeat recipes/demo.toml --work work --seeds 0,1,2",
        reads="RECIPE, WORK/images.parquet.",
        writes="WORK/folds/seed-N.parquet.",
    )
)
def repeat(
    recipe: options.Recipe,
    work: options.WorkDir,
    seeds: Annotated[
        str,
        typer.Option(
            "--seeds",
            metavar="N,N,...",
            help="The seeds themselves, a fold map each: 0,1,2 are three maps, 3 is one of seed 3.",
        ),
    ] = "0,1,2",
    json: Annotated[bool, options.as_json(f"maps [{', '.join(_MAPS)}]")] = False,
) -> None:
    """Build further fold maps of other seeds, WORK/folds/seed-N.parquet, for repeated folds."""
    from mel import pipeline

    with Page(json) as page:
        page.records("maps", pipeline.folds_repeat(recipe, work, _whole_numbers(seeds)), _MAPS)
        if "," not in seeds:
            page.line()
            page.line(
                f"one map, of seed {seeds.strip()}; for more, list their seeds: --seeds 0,1,2"
            )


_Fold = Annotated[
    int, typer.Option("--fold", min=0, metavar="K", help="The fold to train, from 0.")
]
_InnerOut = Annotated[Path, typer.Option("--out", metavar="FILE", help="A file.parquet to write.")]
_Share = Annotated[
    float,
    typer.Option("--share", metavar="X", help="Of the train images to hold out, 0.01 to 0.99."),
]
_InnerJson = Annotated[bool, options.as_json("train, held_out, digest, file")]


@app.command(
    **options.example(
        "mel folds inner --work work --fold 0 --out inner.parquet",
        reads="WORK: images.parquet, folds.parquet.",
        writes="The file of --out.",
    )
)
def inner(
    work: options.WorkDir,
    fold: _Fold,
    out: _InnerOut,
    share: _Share = 0.1,
    seed: options.Seed = 0,
    json: _InnerJson = False,
) -> None:
    """Part what trains a fold into train and hold-out, groups whole: to stop early, say.

    The images that the fold scores are in neither, so that they decide nothing.
    """
    from mel import pipeline

    with Page(json) as page:
        found = pipeline.folds_inner(work, fold, out, share, seed)
        train, held_out = len(found.train), len(found.held_out)
        page.values(train=train, held_out=held_out, digest=found.digest, file=out)


def _whole_numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no list of whole numbers such as 0,1,2") from None


def _show_training(page: Page, work: Path) -> None:
    """Say what each fold trains on, to people where that is not simply all the others."""
    from mel import pipeline

    method, found = pipeline.folds_training(work)
    page.put(method=method, training=found)
    if found["external"].sum() or found["barred"].sum() or method.startswith("held-out"):
        page.line(show.filled(method))
        page.table(found.columns, found.rows())
        page.line()


def _show(page: Page, found: "Audit", folder: Path) -> None:
    from mel import folds

    page.put(**found.as_dict(), folder=folder)
    for columns, rows in folds.sheets(found):
        page.table(columns, rows)
        page.line()
    for text in (found.verdict, *found.notes):
        page.line(show.filled(text))
    page.line(f"all of it: {folder}")
    if not found.ok:
        raise typer.Exit(1)
