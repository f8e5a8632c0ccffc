"""The check of a submission before it is sent: the first offending row, by its line."""

import csv
import math
import re
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import polars as pl

from mel.errors import MelError
from mel.submit.sample import as_sample, read_sample

__all__ = ["SubmissionError", "check"]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")

_Row = tuple[int, list[str]]


class SubmissionError(MelError):
    """A submission that Kaggle would refuse or misread; commands exit with status 1."""

    exit_code = 1


def check(submission: Path, sample: pl.DataFrame | Path) -> None:
    """Check that a submission has the sample's header, ids and order, and only finite numbers.

    `sample` is the sample submission or its path. Raises SubmissionError naming the first
    offending row: its line in the file (the header is line 1), its id and the value; MelError
    when a file is missing or unreadable.
    """
    known = read_sample(sample) if isinstance(sample, Path) else as_sample(sample)
    first, *rows = _rows(submission) or [(1, [])]
    _check_header(submission, first, known.columns)
    _check_rows(submission, rows, known.to_series(0).to_list(), known.columns)


def _rows(path: Path) -> list[_Row]:
    """Give each row's line number and its fields."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            return [(reader.line_num, row) for row in reader]
    except FileNotFoundError:
        raise MelError(f"{path}: no such submission; make it first or correct the path") from None
    except (OSError, ValueError, csv.Error) as error:
        raise MelError(f"{path}: is no readable CSV ({error}); make it again") from error


def _check_header(path: Path, first: _Row, wanted: Sequence[str]) -> None:
    line, header = first
    if header != list(wanted):
        raise SubmissionError(
            f"{path}: line {line}: header is {','.join(header)!r}, "
            f"the sample's is {','.join(wanted)!r}; use exactly that"
        )


def _check_rows(path: Path, rows: list[_Row], ids: list[str], columns: Sequence[str]) -> None:
    known, present = set(ids), {row[0] for _, row in rows if row}
    seen: dict[str, int] = {}
    line = 1
    for (line, row), wanted in zip_longest(rows, ids[: len(rows)]):
        where = f"{path}: line {line}"
        if len(row) != len(columns):
            raise SubmissionError(
                f"{where}: has {len(row)} fields {','.join(row)!r}, expected {len(columns)}"
            )
        name, value = row
        if name != wanted:
            raise SubmissionError(f"{where}: {_odd_id(name, wanted, known, present, seen)}")
        seen[name] = line
        _check_value(where, columns, name, value)
    if len(rows) < len(ids):
        raise SubmissionError(
            f"{path}: line {line + 1}: id {ids[len(rows)]!r} is missing (the file ends "
            f"{len(ids) - len(rows)} rows short of the sample's {len(ids)}); add it"
        )


def _odd_id(
    name: str, wanted: str | None, known: set[str], present: set[str], seen: dict[str, int]
) -> str:
    """Say why `name` stands where the sample has `wanted`, or nothing more."""
    if name in seen:
        return f"id {name!r} stands already on line {seen[name]}; keep one row of each id"
    if name not in known:
        return f"id {name!r} is not one of the sample's; remove the row"
    if wanted not in present:
        return f"id {wanted!r} is missing, {name!r} stands in its place; add it"
    return f"id {name!r} stands where the sample has {wanted!r}; use the sample's order"


def _check_value(where: str, columns: Sequence[str], name: str, value: str) -> None:
    if not _NUMBER.fullmatch(value) or not math.isfinite(float(value)):
        raise SubmissionError(
            f"{where}: {columns[1]} of {name!r} is {value!r}; it must be a finite number"
        )
