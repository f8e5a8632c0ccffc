"""What is scored: the sample submission and, where it is known, the solution."""

from pathlib import Path

import polars as pl

from mel.errors import MelError, many
from mel.kaggle.delimited import read_header
from mel.kaggle.fields import parse_target
from mel.kaggle.reading import read_csv

__all__ = ["make_sample", "read_sample", "read_solution"]


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
