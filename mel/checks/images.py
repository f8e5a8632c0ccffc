"""The values of an image table: refused where they could mislead."""

import polars as pl

from mel.checks.ids import is_missing, refuse_control
from mel.checks.words import AXES, OLDEST_AGE, SEXES, SITES, SPLITS
from mel.errors import MelError, many, near

__all__ = ["check_images"]

_VOCABULARIES = {"split": SPLITS, "sex": SEXES, "site": SITES}


def check_images(frame: pl.DataFrame, where: str) -> None:
    """Raise MelError for values that could mislead; `mel.tables.ImageTable.of` says which.

    `frame` has the columns of an ImageTable, `where` opens the message.

    >>> from mel.tables import ImageTable
    >>> frame = ImageTable.read("work/demo/images.parquet").frame
    >>> check_images(frame.with_columns(age=pl.lit(450.0)), "images")
    Traceback (most recent call last):
    mel.errors.MelError: images: ...
    """
    for column in _VOCABULARIES:
        _check_vocabulary(frame, column, where)
    for column in AXES.values():
        if column in frame.columns:
            refuse_control(frame, column, where)
    _check_filled(frame, where)
    _check_targets(frame, where)
    _check_ages(frame, where)
    _check_sides(frame, where)


def _check_vocabulary(frame: pl.DataFrame, column: str, where: str) -> None:
    known = _VOCABULARIES[column]
    bad = frame.filter(pl.col(column).is_not_null() & ~pl.col(column).is_in(known))
    if bad.height:
        value = bad[column][0]
        raise MelError(
            f"{where}: unknown {column} {value!r} (image {bad['image_id'][0]}, "
            f"{many(bad.height, 'row')}); {near(value, known)} (or leave it empty)"
        )


def _check_filled(frame: pl.DataFrame, where: str) -> None:
    for column in ("patient_id", "split", "path", "source"):
        if column == "path" and frame[column].null_count() == frame.height:
            continue  # tables alone, without pictures
        blank = pl.col(column).fill_null("").str.strip_chars() == ""
        bare = frame.filter(is_missing(column) if column == "patient_id" else blank)
        if bare.height:
            way = ", or load with missing_patient = 'own'" if column == "patient_id" else ""
            raise MelError(
                f"{where}: {many(bare.height, 'row')} without {column} (first: image "
                f"{bare['image_id'][0]}); fill it in{way}"
            )


def _check_targets(frame: pl.DataFrame, where: str) -> None:
    tested = pl.col("split") == "test"
    bad = frame.filter(~tested & ~pl.col("target").is_in([0, 1]).fill_null(False))
    if bad.height:
        raise MelError(
            f"{where}: target {bad['target'][0]} of {bad['split'][0]} image {bad['image_id'][0]} "
            f"({many(bad.height, 'row')}); it must be 0 or 1"
        )
    bad = frame.filter(tested & pl.col("target").is_not_null())
    if bad.height:
        raise MelError(
            f"{where}: test image {bad['image_id'][0]} has a target ({many(bad.height, 'row')}); "
            "labels of test images live in solution.parquet, where nothing can learn from them"
        )


def _check_ages(frame: pl.DataFrame, where: str) -> None:
    bad = frame.filter(~pl.col("age").is_between(0, OLDEST_AGE) | pl.col("age").is_nan())
    if bad.height:
        raise MelError(
            f"{where}: age {bad['age'][0]} of image {bad['image_id'][0]} "
            f"({many(bad.height, 'row')}); give years from 0 to {OLDEST_AGE:g}, or leave it empty"
        )


def _check_sides(frame: pl.DataFrame, where: str) -> None:
    train, test = (set(frame.filter(split=side)["patient_id"]) for side in ("train", "test"))
    shared = train & test
    if shared:
        raise MelError(
            f"{where}: patient {min(shared)!r} has images in train and in test "
            f"({many(len(shared), 'such patient')}); keep each patient on one side"
        )
