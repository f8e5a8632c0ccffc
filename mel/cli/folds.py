"""`mel folds`: patient folds, and the proof that nothing leaks."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mel.cli import options, show

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


@app.command(**options.example("mel folds build recipes/demo.toml --work work"))
def build(recipe: options.Recipe, work: options.WorkDir) -> None:
    """Assign every train image to a fold, patients whole."""
    from mel import pipeline

    pipeline.only(recipe, work, "folds")
    _show_training(work)
    _show(pipeline.audit(work, compare=False), pipeline.audit_folder(work))


@app.command(**options.example("mel folds audit --work work"))
def audit(
    work: _MaybeWork = None,
    images: Annotated[
        Path | None, typer.Option("--images", metavar="FILE", help="By default of WORK.")
    ] = None,
    folds: Annotated[
        Path | None, typer.Option("--folds", metavar="FILE", help="By default of WORK.")
    ] = None,
    near: _Near = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="NAME",
            help="Weigh this column too; repeat. By default those of the recipe.",
        ),
    ] = None,
    alone: Annotated[
        bool, typer.Option("--no-compare", help="Leave out scikit-learn's plain maps.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="By default WORK/audit.")
    ] = None,
) -> None:
    """Look for all that trains what scores a relative of it, and weigh the folds; exit 1 on a leak.

    Relatives share a patient, a lesion or a copy. The tables: each fold's counts; how far a
    category's largest fold is off its mean, the median over the categories of an axis; the map
    beside scikit-learn's plain ones. All of it, and a picture, goes into files.
    """
    from mel import pipeline

    found = pipeline.audit(
        work, folds, near, out, images=images, columns=column or None, compare=not alone
    )
    _show(found, pipeline.audit_folder(work, folds, out))


@app.command("import", **options.example("mel folds import map.csv --work work"))
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or Parquet, a row an image.")],
    work: options.WorkDir,
    id_column: Annotated[
        str | None, typer.Option("--id-column", metavar="NAME", help="By default a usual name.")
    ] = None,
    fold_column: Annotated[
        str | None, typer.Option("--fold-column", metavar="NAME", help="By default a usual name.")
    ] = None,
    near: _Near = None,
    keep_leaks: Annotated[
        bool, typer.Option("--keep-leaks", help="Write a map that leaks, too.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="By default WORK/folds/NAME.parquet."),
    ] = None,
) -> None:
    """Take a fold map from elsewhere, and say what it leaks; exit 1 if it does.

    A map that leaks is not written unless asked for: scores on it would be too good.
    """
    from mel import pipeline

    columns = {"id_column": id_column, "fold_column": fold_column}
    found, path = pipeline.import_map(file, work, out, near=near, keep_leaks=keep_leaks, **columns)
    show.line(f"fold map: {path or 'not written, since it leaks (--keep-leaks writes it)'}")
    _show(found, pipeline.audit_folder(work, file))


@app.command(**options.example("mel folds repeat recipes/demo.toml --work work --seeds 0,1,2"))
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
) -> None:
    """Build further fold maps of other seeds, WORK/folds/seed-N.parquet, for repeated folds."""
    from mel import pipeline

    rows = pipeline.repeat_folds(recipe, work, _whole_numbers(seeds))
    show.table(("seed", "folds", "digest", "file"), rows)
    if "," not in seeds:
        show.line()
        show.line(f"one map, of seed {seeds.strip()}; for more, list their seeds: --seeds 0,1,2")


@app.command(**options.example("mel folds inner --work work --fold 0 --out inner.parquet"))
def inner(
    work: options.WorkDir,
    fold: Annotated[int, typer.Option("--fold", min=0, metavar="K", help="The fold to train.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A file.parquet to write.")],
    share: Annotated[
        float, typer.Option("--share", metavar="X", help="Of the train images, 0.01 to 0.99.")
    ] = 0.1,
    seed: options.Seed = 0,
) -> None:
    """Part what trains a fold into train and hold-out, groups whole: to stop early, say.

    The images that the fold scores are in neither, so that they decide nothing.
    """
    from mel import pipeline

    found = pipeline.inner_folds(work, fold, out, share, seed)
    parts = {"train": len(found.train), "hold-out": len(found.held_out), "digest": found.digest}
    show.facts(parts | {"file": out})


def _whole_numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no list of whole numbers such as 0,1,2") from None


def _show_training(work: Path) -> None:
    """Say what each fold trains on, where that is not simply all the others."""
    from mel import pipeline

    method, found = pipeline.training(work)
    if found["external"].sum() or found["barred"].sum() or method.startswith("held-out"):
        show.line(show.filled(method))
        show.table(found.columns, found.rows())
        show.line()


def _show(found: "Audit", folder: Path) -> None:
    from mel import folds

    for columns, rows in folds.sheets(found):
        show.table(columns, rows)
        show.line()
    for text in (found.verdict, *found.notes):
        show.line(show.filled(text))
    show.line(f"all of it: {folder}")
    if not found.ok:
        raise typer.Exit(1)
