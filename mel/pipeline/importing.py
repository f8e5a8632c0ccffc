"""Scores from elsewhere into a work folder: their files, their folds, the name they get."""

from pathlib import Path
from typing import Unpack

from mel import ensemble, folds
from mel.config import Recipe
from mel.errors import MelError
from mel.files import atomic
from mel.pipeline.folder import AnyPath, Work
from mel.pipeline.imported import Imported
from mel.predictions import Predictions
from mel.progress import say
from mel.tables import Folds, ImageTable

__all__ = ["ensemble_import"]


def ensemble_import(
    work: Work | AnyPath,
    name: str,
    oof: AnyPath,
    test: AnyPath,
    *,
    fold_map: AnyPath | None = None,
    fold_column: str | None = None,
    replace: bool = False,
    **options: Unpack[ensemble.ImportOptions],
) -> Imported:
    """Import out-of-fold and submission scores of anybody's as a member of a work folder.

    `oof` and `test` are CSV or Parquet files, with a row a train and a test image: a column of ids
    and one of scores. The folds they were made on are those of the file `fold_map`, or of the
    out-of-fold file's own column (`fold_column`, where its name is unusual); where both are there,
    they must agree. The member goes to imported/NAME. There the same scores change nothing, scores
    held against other images or folds give way, and others only with `replace`. The other
    `options` are those of `mel.ensemble.import_scores`.

    Raises MelError where images or folds are missing, for a name that is taken, for what
    `mel.folds.read_map` refuses in a map, and for what `mel.ensemble.import_scores` refuses.

    >>> oof = Predictions.read("work/demo/cnn/efficientnetv2_micro-32/oof.parquet").frame
    >>> oof.write_csv("work/theirs.csv")  # image_id, fold, score
    >>> submission = "work/demo/submissions/blend.csv"  # image_name, target
    >>> found = ensemble_import("work/demo", "theirs", "work/theirs.csv", submission)
    >>> found.folder.as_posix(), found.oof.frame.shape, found.test.frame.shape, found.oof.foreign
    ('work/demo/imported/theirs', (84, 3), (36, 3), {})
    """
    place = work if isinstance(work, Work) else Work(Path(work))
    table, made = place.loaded(), place.parted()
    _require_free(name, place)
    own = _own_folds(table, Path(oof), fold_map, options.get("id_column"), fold_column)
    scores = ensemble.import_scores(table, made, oof, test, name=name, own_folds=own, **options)
    found = Imported(*scores, place.imported(name))
    with place.locked():
        _keep(found, replace)
    return found


def _require_free(name: str, work: Work) -> None:
    """Refuse the name of another member, of the stack or of the blend: tables tell by names."""
    for room in ("cnn", "tabular", "ensemble"):
        if (work.root / room / name / "oof.parquet").exists():
            raise MelError(f"name {name!r}: {room}/{name} has it already; choose another --name")
    if not work.recipe.is_file():
        return
    try:
        recipe = Recipe.read(work.recipe)
    except MelError:  # an import needs no recipe
        return
    if name in (*recipe.names, recipe.tabular.name, recipe.ensemble.name):
        raise MelError(
            f"name {name!r}: recipe {recipe.name} gives it to another member, the stack or the "
            "blend; choose another --name"
        )


def _own_folds(
    table: ImageTable,
    oof: Path,
    fold_map: AnyPath | None,
    id_column: str | None,
    fold_column: str | None,
) -> Folds | None:
    """Give the folds that scores were made on, as far as files tell."""
    within = None
    if fold_column is not None or folds.has_folds(oof, table):
        within = folds.read_map(oof, table, id_column, fold_column)
    if fold_map is None:
        return within
    named = folds.read_map(fold_map, table)
    if within is not None and not ensemble.same_partition(named, within):
        raise MelError(
            f"{fold_map}: parts the images otherwise than the folds in {oof} itself; which were "
            "the scores made on? leave out --folds, or take the column out of the file"
        )
    return named


def _keep(found: Imported, replace: bool) -> None:
    old = None if replace else _there(found.folder)
    if old is not None and _same(old, found):
        say(f"{found.folder}: holds these very scores already, left as they are")
        return
    if old is not None and old[0].inputs == found.oof.inputs:
        raise MelError(
            f"{found.folder}: holds other scores under this name; choose another --name, or let "
            "these take their place with --replace"
        )
    with atomic(found.folder) as folder:
        folder.mkdir()
        found.oof.write(folder / "oof.parquet")
        found.test.write(folder / "test.parquet")


def _there(folder: Path) -> list[Predictions] | None:
    """Read what was imported under the name before; a damaged import is none."""
    try:
        return [Predictions.read(folder / f"{kind}.parquet") for kind in ("oof", "test")]
    except MelError:
        return None


def _same(old: list[Predictions], found: Imported) -> bool:
    return [_facts(scores) for scores in old] == [_facts(found.oof), _facts(found.test)]


def _facts(scores: Predictions) -> tuple[object, ...]:
    return scores.digest, scores.folds, scores.inputs, scores.foreign, scores.scale
