"""Audits and imports of fold maps: from a work folder or plain files to the folder of findings."""

from collections.abc import Iterable
from pathlib import Path

from mel import folds
from mel.config import Recipe
from mel.errors import MelError
from mel.pipeline.folder import AnyPath, Work
from mel.progress import say
from mel.tables import Folds, ImageTable

__all__ = ["audit_folder", "folds_audit", "folds_import", "leaks"]


def folds_audit(
    work: Work | AnyPath | None = None,
    fold_map: AnyPath | None = None,
    near: AnyPath | None = None,
    out: AnyPath | None = None,
    *,
    images: AnyPath | None = None,
    columns: Iterable[str] | None = None,
    compare: bool = True,
) -> folds.Audit:
    """Audit a fold map against its images, from their files alone, and keep what is found.

    `work` is a work folder, whose images and folds are taken unless `images` or `fold_map` name
    other files; without it, both must. `near` lists pairs of copies (`mel.folds.proving.pairs`), by
    default duplicates.parquet of `work` where it is there. `columns` are further axes of the
    balance table, by default those that the recipe in `work` balances; with `compare` the map is
    put beside scikit-learn's plain ones. `out` is the folder for the findings, by default
    `audit_folder`.

    Gives a `mel.folds.Audit`: `leaks` is a line each and empty where there is none, `counts` a
    frame with a row a fold. Raises MelError when images or folds are missing, unreadable, or do not
    belong together.

    >>> found = folds_audit("work/demo", compare=False)
    >>> found.leaks, found.counts.select("fold", "rows", "patients", "positives").rows()
    ((), [(0, 40, 10, 7), (1, 44, 12, 7)])
    """
    place = _work(work)
    table = place.loaded() if place and images is None else ImageTable.read(_given(images, None))
    path = _given(fold_map, place.folds if place else None)
    made = place.parted() if place and fold_map is None else Folds.read(path)
    weighed = _balanced(place, table) if columns is None else columns
    found = folds.audit(table, made, _pairs(place, near), weighed, compare=compare)
    title, folder = f"Fold map {path.name} of {table.name}", audit_folder(place, fold_map, out)
    folds.write_audit(found, folder, title, made.digest)
    return found


def audit_folder(
    work: Work | AnyPath | None = None,
    fold_map: AnyPath | None = None,
    out: AnyPath | None = None,
) -> Path:
    """Give the folder of an audit's findings: `out`, or by default one called audit.

    It is in the work folder, or beside the fold map where there is none; of a map that is not the
    work folder's own, a folder within it by the map's name. Raises MelError where
    neither place is given.

    >>> audit_folder("work").as_posix(), audit_folder("work", "theirs.csv").as_posix()
    ('work/audit', 'work/audit/theirs')
    """
    place = _work(work)
    if out is not None:
        return Path(out)
    if fold_map is None:
        return _given(None, place.audit if place else None)
    root = place.audit if place else Path(fold_map).parent / "audit"
    own = place is not None and Path(fold_map).absolute() == place.folds.absolute()
    return root if own else root / Path(fold_map).stem


def folds_import(
    file: AnyPath,
    work: Work | AnyPath,
    out: AnyPath | None = None,
    *,
    id_column: str | None = None,
    fold_column: str | None = None,
    near: AnyPath | None = None,
    keep_leaks: bool = False,
) -> tuple[folds.Audit, Path | None]:
    """Make a fold map from elsewhere one of mel's, after an audit against a work folder's images.

    `file` is CSV or Parquet with a row a train image, its id and its fold: see
    `mel.folds.read_map`, which takes `id_column` and `fold_column` where these have unusual names.
    `near` is that of `folds_audit`.

    Gives what the audit found and the file: `out`, by default folds/NAME.parquet in the work
    folder after the map's name. A map that leaks is not written unless `keep_leaks`, and None is
    given in place of the file: every score on it would be too good, and the stages after refuse it.
    The findings are kept where `audit_folder` says. Raises MelError for what `mel.folds.read_map`
    refuses, and for an `out` that does not end in .parquet.

    A map that parts patients leaks:

    >>> import polars as pl
    >>> images = ImageTable.read("work/demo/images.parquet").train
    >>> halves = images.select("image_id", fold=pl.int_range(pl.len()) % 2)
    >>> halves.write_csv("work/halves.csv")
    >>> found, path = folds_import("work/halves.csv", "work/demo")
    >>> path is None, found.crossings["kind"].unique().sort().to_list()
    (True, ['duplicate', 'patient'])
    """
    if out is not None and Path(out).suffix != ".parquet":
        raise MelError(f"{out}: unknown suffix; give a file that ends in .parquet")
    place = work if isinstance(work, Work) else Work(Path(work))
    table = place.loaded()
    found_map = folds.read_map(file, table, id_column, fold_column)
    path = Path(out) if out is not None else place.root / "folds" / f"{Path(file).stem}.parquet"
    found = folds.audit(table, found_map, _pairs(place, near), compare=True)
    name = f"Fold map {Path(file).name} of {table.name}"
    folds.write_audit(found, audit_folder(place, file), name, found_map.digest)
    if found.leaks and not keep_leaks:
        return found, None
    found_map.write(path)
    return found, path


def leaks(work: Work, table: ImageTable, made: Folds) -> tuple[str, ...]:
    """Say in a line each what a fold map leaks, by its table and the copies found in `work`."""
    return folds.audit(table, made, _pairs(work, None)).leaks


def _work(work: Work | AnyPath | None) -> Work | None:
    return work if isinstance(work, Work) or work is None else Work(Path(work))


def _given(named: AnyPath | None, usual: Path | None) -> Path:
    path = named if named is not None else usual
    if path is None:
        raise MelError("folds audit: of what? give --work, or both --images and --folds")
    return Path(path)


def _balanced(work: Work | None, table: ImageTable) -> list[str]:
    """Give the columns that the work folder's recipe balances, as far as the table has them."""
    if work is None or not work.recipe.is_file():
        return []
    try:
        asked = Recipe.read(work.recipe).folds.balance
    except MelError:  # the audit needs no recipe
        return []
    return [name for name in asked if name in table.frame.columns]


def _pairs(work: Work | None, near: AnyPath | None) -> Path | None:
    if near is not None:
        return Path(near)
    found = work.root / "duplicates.parquet" if work else None
    if found is None or not found.is_file():
        return None
    say(f"copies are taken from {found}")
    return found
