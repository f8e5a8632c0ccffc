"""The check of a submission before it is sent: the first offending row, by its line."""

import csv
import math
import re
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import polars as pl

from mel.errors import MelError, many
from mel.files import digest_file, read_json
from mel.submit.sample import as_sample, read_sample
from mel.submit.scales import oddities

__all__ = ["SubmissionError", "check", "check_seal"]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)

_Row = tuple[int, list[str]]


class SubmissionError(MelError):
    """A submission that Kaggle would refuse or misread; commands exit with status 1.

    >>> SubmissionError("mine.csv: line 2: ...").exit_code
    1
    """

    exit_code = 1


def check(submission: Path | str, sample: pl.DataFrame | Path | str) -> tuple[str, ...]:
    r"""Check that a submission has the sample's header, ids and order, and only finite numbers.

    `sample` is the sample submission or its path. Gives what is odd about the scores and allowed
    all the same, a line each: values outside 0 to 1, all alike, or labels. Raises SubmissionError
    naming the first offending row: its line in the file (the header is line 1), its id and the
    value; and for a file that is not the one its JSON describes, where such a JSON stands beside
    it. Raises MelError when a file is missing or unreadable.

    >>> sample = "work/demo/sample_submission.csv"
    >>> check("work/demo/submissions/blend.csv", sample)  # nothing odd
    ()
    >>> rows = Path("work/demo/submissions/blend.csv").read_text().splitlines()
    >>> _ = Path("work/short.csv").write_text("\n".join(rows[:-1]))
    >>> check("work/short.csv", sample)
    Traceback (most recent call last):
        ...
    mel.submit.checking.SubmissionError: work/short.csv: line 37: id 'SYN_...' is missing ...
    """
    submission = Path(submission)
    sample = Path(sample) if isinstance(sample, str) else sample
    known = read_sample(sample) if isinstance(sample, Path) else as_sample(sample)
    first, *rows = _rows(submission) or [(1, [])]
    _check_header(submission, first, known.columns)
    _check_rows(submission, rows, known.to_series(0).to_list(), known.columns)
    check_seal(submission)
    return oddities([float(row[1]) for _, row in rows])


def check_seal(submission: Path) -> None:
    r"""Refuse a submission that is not the file its JSON describes.

    Without a JSON beside it, as of a file that mel did not make, there is no seal.

    Raises SubmissionError for a file that was changed after it was made.

    >>> import shutil
    >>> check_seal(Path("work/demo/submissions/blend.csv"))  # as it was made
    >>> for suffix in (".csv", ".json"):
    ...     _ = shutil.copy(f"work/demo/submissions/blend{suffix}", f"work/sealed{suffix}")
    >>> _ = Path("work/sealed.csv").write_text("image_name,target\n")
    >>> check_seal(Path("work/sealed.csv"))
    Traceback (most recent call last):
        ...
    mel.submit.checking.SubmissionError: work/sealed.csv: was changed after it was made ...
    """
    beside = submission.with_suffix(".json")
    content = read_json(beside) if beside.is_file() else None
    if not isinstance(content, dict) or content.get("kind") != "submission":
        return
    said, found = str(content.get("sha256")), digest_file(submission)
    if said != found:
        raise SubmissionError(
            f"{submission}: was changed after it was made (its SHA-256 is {found[:16]}…, "
            f"{beside.name} says {said[:16]}…); make it again, or delete {beside.name}"
        )


def _rows(path: Path) -> list[_Row]:
    """Give each row's line number and its fields."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            return [(reader.line_num, row) for row in reader]
    except FileNotFoundError:
        raise MelError(f"{path}: no such submission; make it first or correct the path") from None
    except IsADirectoryError:
        raise MelError(f"{path}: is a folder; name the CSV in it") from None
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
                f"{where}: has {many(len(row), 'field')} {','.join(row)!r}, expected {len(columns)}"
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
