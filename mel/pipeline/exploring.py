"""`mel kaggle explore`: a look at the images of a work folder before anything is trained."""

from pathlib import Path

import polars as pl

from mel import folds, kaggle
from mel.config import FoldsSettings
from mel.errors import MelError
from mel.folds.proving.pairs import read_pairs
from mel.pipeline.folder import AnyPath, Work
from mel.progress import say
from mel.tables import Folds, ImageTable

__all__ = ["kaggle_explore"]

_TRIED = (5, 3, 2)  # folds of an audit where the work folder has none


def kaggle_explore(
    work: AnyPath,
    out: AnyPath | None = None,
    *,
    examples: int = 8,
    headers: bool = True,
    seed: int = 0,
) -> kaggle.Exploration:
    """Explore the images that a work folder has loaded, into `out` or its folder `explore`.

    The shortcut audit takes the work folder's folds; where there are none, or those of other
    images, it builds its own and keeps them to itself. Copies found before (duplicates.parquet) are
    counted too. The other options are those of `mel.kaggle.explore`. The work folder is only read,
    so that a run in it may go on meanwhile. Gives the numbers, findings and files. Raises MelError
    when nothing is loaded there, and for an `out` that holds something else.

    >>> found = kaggle_explore("work/demo", "work/explored", examples=1)
    >>> found.findings["counts"].partition(";")[0]
    '84 train images of 22 patients, 14 of them positive (16.7 %)'
    """
    place = Work(Path(work))
    table = place.loaded()
    return kaggle.explore(
        table,
        _folds(place, table),
        place.root / "explore" if out is None else Path(out),
        examples=examples,
        pairs=_pairs(place),
        headers=headers,
        seed=seed,
    )


def _folds(place: Work, table: ImageTable) -> Folds | None:
    if place.folds.is_file():
        found = Folds.read(place.folds)
        try:
            found.matches(table)
        except MelError as error:
            say(f"{place.folds} is passed over: {error}")
        else:
            return found
    return _own(table)


def _own(table: ImageTable) -> Folds | None:
    """Folds for this audit alone, as many as the table allows."""
    reason = ""
    for count in _TRIED:
        try:
            return folds.build(table, FoldsSettings(n_folds=count))
        except MelError as error:
            reason = str(error)
    say(f"no shortcut audit: {reason}")
    return None


def _pairs(place: Work) -> pl.DataFrame | None:
    path = place.root / "duplicates.parquet"
    if not path.is_file():
        return None
    names = {"one": "image_id_1", "other": "image_id_2"}
    return read_pairs(path).rename(names)
