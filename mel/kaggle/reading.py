"""Reading a competition's CSV files: text first, then checked, each fault in one line.

Everything is read as text, so that no column's type is guessed from its first rows.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import polars as pl

from mel.checks import OLDEST_AGE, is_missing, require_unique
from mel.errors import MelError, many, near
from mel.kaggle.delimited import read_columns, read_header

__all__ = [
    "fill_patients",
    "known_ids",
    "make_sample",
    "parse_age",
    "parse_target",
    "read_csv",
    "read_sample",
    "read_solution",
    "same_ids",
    "translate",
]


def read_csv(
    path: Path,
    columns: Iterable[str],
    extras: Iterable[str] = (),
    *,
    unique: str | None,
    ignore: str | None = None,
) -> pl.DataFrame:
    """Read a CSV file as text, without blanks around a field; an empty one is null.

    `ignore` is a regular expression: further columns whose whole name matches it are not read.

    Raises MelError when the file is missing or no CSV or has no rows, when one of `columns` is
    missing, when a column is neither in `columns` nor in `extras` nor ignored, and when a value
    of the column `unique`, where there is one, is missing or stands twice.
    """
    known = list(dict.fromkeys([*columns, *extras]))
    frame, header = read_columns(path, list(columns), extras)
    for name in header:
        if name not in known and not (ignore and re.fullmatch(ignore, name)):
            raise MelError(
                f"{path}: unknown column {name!r}; remove it (known: {', '.join(known)})"
            )
    bare = pl.all().str.strip_chars()  # or "p1 " would be another patient than "p1"
    frame = frame.with_columns(pl.when(bare != "").then(bare))
    if frame.height == 0:
        raise MelError(f"{path}: has no rows below its header; fetch it again")
    if unique is not None:
        require_unique(frame, str(path), by=unique)
    return frame


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


def make_sample(header: tuple[str, str], test: pl.Series) -> pl.DataFrame:
    """Make a sample submission of the test ids, in their order, with a target of 0."""
    name, target = header
    return pl.DataFrame({name: test, target: pl.zeros(test.len(), eager=True)})


def read_sample(path: Path, header: tuple[str, str] | None, test: pl.Series) -> pl.DataFrame:
    """Read a sample submission: its header and order, ids as text and the target as a number.

    Without a `header`, the file's own two names are taken. Its ids must be exactly the test ids.
    """
    name, target = header or _own_header(path)
    sample = read_csv(path, (name, target), unique=name)
    _require_test_ids(sample[name], test, path)
    number = sample[target].cast(pl.Float64, strict=False)
    if number.null_count():
        bad = sample.filter(number.is_null())
        raise MelError(f"{path}: {target} of image {bad[name][0]} is no number; fetch it again")
    return sample.with_columns(number)


def _own_header(path: Path) -> tuple[str, str]:
    names = read_header(path)
    if len(names) != 2:
        raise MelError(
            f"{path}: has {len(names)} columns ({', '.join(names)}); "
            "a sample has two, an id and a target"
        )
    return names[0], names[1]


def read_solution(path: Path, header: tuple[str, str], test: pl.Series) -> pl.DataFrame | None:
    """Read the test labels, where there are any: image_id and target, 0 or 1."""
    name, target = header
    if not path.exists():
        return None
    solution = read_csv(path, header, unique=name)
    _require_test_ids(solution[name], test, path)
    labels = parse_target(solution, target, path, by=name)
    return pl.DataFrame({"image_id": solution[name], "target": labels}).sort("image_id")


def _require_test_ids(ids: pl.Series, test: pl.Series, path: Path) -> None:
    odd = set(ids) ^ set(test)
    if odd:
        first = min(odd)
        place = "is no test image" if first in set(ids) else "is a test image but missing here"
        raise MelError(
            f"{path}: image {first!r} {place} ({many(len(odd), 'such id')}); "
            "take the file that belongs to these test images"
        )


def same_ids(ids: pl.Series, others: pl.Series, path: Path, other: str) -> None:
    """Refuse a file whose ids are not exactly the `others`; `other` names where those stand."""
    odd = set(ids) ^ set(others)
    if odd:
        first = min(odd)
        place = f"is here and not in {other}" if first in set(ids) else f"is in {other} alone"
        raise MelError(
            f"{path}: image {first!r} {place} ({many(len(odd), 'such id')}); take files "
            "of one release"
        )
