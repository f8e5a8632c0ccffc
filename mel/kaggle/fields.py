"""A column of text -> what it says: words, ages, targets, patients; each fault in one line."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import polars as pl

from mel.checks import OLDEST_AGE, is_missing
from mel.errors import MelError, many, near

__all__ = ["fill_patients", "known_ids", "parse_age", "parse_target", "translate"]


def translate(
    frame: pl.DataFrame, column: str, spellings: Mapping[str, str | None], where: Path, by: str
) -> pl.Series:
    """Give a column in other words; a value without a translation is refused.

    For what the target depends on; `mel.kaggle.vocabulary.harmonise` lists it instead. `by` names
    the column with the ids, for the message.
    """
    bad = frame.filter(pl.col(column).is_not_null() & ~pl.col(column).is_in(list(spellings)))
    if bad.height:
        value = bad[column][0]
        raise MelError(
            f"{where}: unknown {column} {value!r} (image {bad[by][0]}, {many(bad.height, 'row')}); "
            f"{near(value, spellings)}"
        )
    translated = frame.select(pl.col(column).replace_strict(spellings, return_dtype=pl.String))
    return translated.to_series()


def parse_age(frame: pl.DataFrame, column: str, where: Path, by: str) -> pl.Series:
    """Give ages in years as numbers; an empty field and a word such as "unknown" are null."""
    text = pl.col(column)
    known = frame.with_columns(pl.when(~is_missing(column)).then(text).alias(column))
    number = known[column].cast(pl.Float64, strict=False)
    bad = known.filter(text.is_not_null() & number.is_null())
    if bad.height:
        raise MelError(
            f"{where}: {column} {bad[column][0]!r} of image {bad[by][0]} "
            f"({many(bad.height, 'row')}) is no number; give years, or leave it empty"
        )
    bad = known.filter(~number.is_between(0, OLDEST_AGE) | number.is_nan())
    if bad.height:
        raise MelError(
            f"{where}: {column} {bad[column][0]} of image {bad[by][0]} "
            f"({many(bad.height, 'row')}); give years from 0 to {OLDEST_AGE:g}, or leave it empty"
        )
    return number


def parse_target(
    frame: pl.DataFrame, column: str, where: Path, by: str, positive: Iterable[str] = ()
) -> pl.Series:
    """Give targets as 0 or 1; anything else is refused.

    With `positive`, the words in it mean 1 and every other word 0, whatever their case and the
    blanks around them; a missing one is refused.
    """
    if words := list(positive):
        return _parse_words(frame, column, where, by, words)
    number = frame[column].cast(pl.Float64, strict=False)
    bad = frame.filter(~number.is_in([0.0, 1.0]).fill_null(False))
    if bad.height:
        raise MelError(
            f"{where}: {column} {bad[column][0]!r} of image {bad[by][0]} "
            f"({many(bad.height, 'row')}); it must be 0 or 1"
        )
    return number.cast(pl.Int8)


def _parse_words(
    frame: pl.DataFrame, column: str, where: Path, by: str, positive: list[str]
) -> pl.Series:
    bad = frame.filter(pl.col(column).is_null())
    if bad.height:
        raise MelError(
            f"{where}: no {column} of image {bad[by][0]} ({many(bad.height, 'row')}); fill it in"
        )
    said = frame[column].str.strip_chars().str.to_lowercase()
    wanted = [word.strip().lower() for word in positive]
    for word, plain in zip(positive, wanted, strict=True):
        if not (said == plain).any():
            raise MelError(
                f"{where}: no row has the positive {column} {word!r}; "
                f"{near(word, frame[column].unique())}"
            )
    return said.is_in(wanted).cast(pl.Int8)


def fill_patients(
    frame: pl.DataFrame,
    column: str,
    missing: Literal["refuse", "own"],
    where: Path,
    by: str,
) -> pl.Series:
    """Give patient ids; a missing one is refused, or becomes a patient of its own.

    Never does one value, such as "unknown", stand for all of them: it would be a giant patient.
    """
    bare = frame.filter(is_missing(column))
    if bare.height and missing == "refuse":
        raise MelError(
            f"{where}: {many(bare.height, 'row')} without {column} (first: image {bare[by][0]}); "
            "fill it in, or load with missing_patient = 'own'"
        )
    own = pl.concat_str(pl.lit("own-"), pl.col(by))
    known = frame.with_columns(known_ids(frame, column))
    return known.select(pl.col(column).fill_null(own)).to_series()


def known_ids(frame: pl.DataFrame, column: str) -> pl.Series:
    """Give a column of ids with null where a word such as "unknown" stands for none."""
    return frame.select(pl.when(~is_missing(column)).then(pl.col(column)).alias(column)).to_series()
