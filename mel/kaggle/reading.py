"""Reading a competition's CSV files: text first, then checked, each fault in one line.

Everything is read as text, so that no column's type is guessed from its first rows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from mel.checks import OLDEST_AGE, SITES, is_missing, require_columns, require_unique
from mel.errors import MelError, near
from mel.files import read_csv as read_text

__all__ = [
    "SEX_SPELLINGS",
    "SITE_SPELLINGS",
    "Tables",
    "fill_patients",
    "known_ids",
    "parse_age",
    "parse_target",
    "read_csv",
    "read_sample",
    "read_solution",
    "translate",
]

SEX_SPELLINGS: Mapping[str, str | None] = {"female": "female", "male": "male", "unknown": None}
SITE_SPELLINGS: Mapping[str, str | None] = {**{site: site for site in SITES}, "unknown": None}


@dataclass(frozen=True)
class Tables:
    """What an adapter gives: a competition's tables, without a look at any image.

    frame: the columns of an ImageTable but path, and extras. sample: the sample submission.
    solution: image_id and target of the test images, where known.
    """

    frame: pl.DataFrame
    sample: pl.DataFrame
    solution: pl.DataFrame | None
    synthetic: bool = False


def read_csv(
    path: Path, columns: Iterable[str], extras: Iterable[str] = (), *, unique: str | None
) -> pl.DataFrame:
    """Read a CSV file as text, an empty or blank field as null.

    Raises MelError when the file is missing or no CSV or has no rows, when one of `columns` is
    missing, when a column is neither in `columns` nor in `extras`, and when a value of the
    column `unique`, where there is one, is missing or stands twice.
    """
    frame = read_text(path, "check the data folder")
    frame = frame.with_columns(pl.when(pl.all().str.strip_chars() != "").then(pl.all()))
    require_columns(frame, columns, str(path))
    _refuse_strange_columns(frame, [*columns, *extras], path)
    if frame.height == 0:
        raise MelError(f"{path}: has no rows below its header; fetch it again")
    if unique is not None:
        require_unique(frame, str(path), by=unique)
    return frame


def _refuse_strange_columns(frame: pl.DataFrame, known: list[str], path: Path) -> None:
    for name in frame.columns:
        if name not in known:
            raise MelError(
                f"{path}: unknown column {name!r}; remove it (known: {', '.join(known)})"
            )


def translate(
    frame: pl.DataFrame, column: str, spellings: Mapping[str, str | None], where: Path, by: str
) -> pl.Series:
    """Give a column in mel's vocabulary; a value without a translation is refused.

    `by` names the column with the ids, for the message.
    """
    bad = frame.filter(pl.col(column).is_not_null() & ~pl.col(column).is_in(list(spellings)))
    if bad.height:
        value = bad[column][0]
        raise MelError(
            f"{where}: unknown {column} {value!r} (image {bad[by][0]}, {bad.height} rows); "
            f"{near(value, spellings)} (or leave it empty)"
        )
    translated = frame.select(pl.col(column).replace_strict(spellings, return_dtype=pl.String))
    return translated.to_series()


def parse_age(frame: pl.DataFrame, column: str, where: Path, by: str) -> pl.Series:
    """Give ages in years as numbers; "unknown" and an empty field are null."""
    text = pl.col(column)
    known = frame.with_columns(pl.when(text != "unknown").then(text).alias(column))
    number = known[column].cast(pl.Float64, strict=False)
    bad = known.filter(text.is_not_null() & number.is_null())
    if bad.height:
        raise MelError(
            f"{where}: {column} {bad[column][0]!r} of image {bad[by][0]} ({bad.height} rows) is "
            "no number; give years, or leave it empty"
        )
    bad = known.filter(~number.is_between(0, OLDEST_AGE) | number.is_nan())
    if bad.height:
        raise MelError(
            f"{where}: {column} {bad[column][0]} of image {bad[by][0]} ({bad.height} rows); "
            f"give years from 0 to {OLDEST_AGE:g}, or leave it empty"
        )
    return number


def parse_target(frame: pl.DataFrame, column: str, where: Path, by: str) -> pl.Series:
    """Give targets as 0 or 1; anything else is refused."""
    number = frame[column].cast(pl.Float64, strict=False)
    bad = frame.filter(~number.is_in([0.0, 1.0]).fill_null(False))
    if bad.height:
        raise MelError(
            f"{where}: {column} {bad[column][0]!r} of image {bad[by][0]} ({bad.height} rows); "
            "it must be 0 or 1"
        )
    return number.cast(pl.Int8)


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
            f"{where}: {bare.height} rows without {column} (first: image {bare[by][0]}); "
            "fill it in, or load with missing_patient = 'own'"
        )
    own = pl.concat_str(pl.lit("own-"), pl.col(by))
    known = frame.with_columns(known_ids(frame, column))
    return known.select(pl.col(column).fill_null(own)).to_series()


def known_ids(frame: pl.DataFrame, column: str) -> pl.Series:
    """Give a column of ids with null where a word such as "unknown" stands for none."""
    return frame.select(pl.when(~is_missing(column)).then(pl.col(column)).alias(column)).to_series()


def read_sample(path: Path, header: tuple[str, str], test: pl.Series) -> pl.DataFrame:
    """Read the sample submission, or make one where there is none.

    Gives the file's header and order, ids as text and the target as a number. Its ids must be
    exactly the test ids.
    """
    name, target = header
    if not path.exists():
        return pl.DataFrame({name: test, target: pl.zeros(test.len(), eager=True)})
    sample = read_csv(path, header, unique=name)
    _require_test_ids(sample[name], test, path)
    number = sample[target].cast(pl.Float64, strict=False)
    if number.null_count():
        bad = sample.filter(number.is_null())
        raise MelError(f"{path}: {target} of image {bad[name][0]} is no number; fetch it again")
    return sample.with_columns(number)


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
            f"{path}: image {first!r} {place} ({len(odd)} such ids); "
            "take the file that belongs to these test images"
        )
