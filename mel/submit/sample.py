"""The sample submission: the one file that says what a submission must look like."""

from pathlib import Path

import polars as pl

from mel.checks import require_unique
from mel.errors import MelError
from mel.files import atomic, digest_json, read_csv

__all__ = ["as_sample", "read_sample", "sample_digest", "write_sample"]


def read_sample(path: Path) -> pl.DataFrame:
    """Read a sample submission: two columns, the ids as strings first, in the file's own order.

    Raises MelError, naming the file, when it is missing, unreadable, has other than two columns, or
    an id is missing or stands twice.

    >>> sample = read_sample(Path("work/demo/sample_submission.csv"))
    >>> sample.columns, sample.height
    (['image_name', 'target'], 36)
    """
    return as_sample(read_csv(path, "give the competition's own sample submission"), str(path))


def write_sample(sample: pl.DataFrame, path: Path) -> None:
    """Write a sample submission as CSV, whole or not at all, its rows in their order.

    `sample` has two columns, the ids first. Raises MelError for other columns, an id that is
    missing or stands twice, and a path that cannot be written.

    >>> sample = pl.DataFrame({"image_name": ["b", "a"], "target": [0, 0]})
    >>> write_sample(sample, Path("work/sample.csv"))
    >>> read_sample(Path("work/sample.csv"))["image_name"].to_list()
    ['b', 'a']
    """
    with atomic(path) as temporary:
        as_sample(sample).write_csv(temporary)


def as_sample(frame: pl.DataFrame, where: str = "sample submission") -> pl.DataFrame:
    """Check a frame as a sample submission, and give it with its ids as strings."""
    if frame.width != 2:
        raise MelError(f"{where}: has {frame.width} columns {frame.columns}; expected id and score")
    require_unique(frame, where, by=frame.columns[0])
    return frame.with_columns(pl.nth(0).cast(pl.String))


def sample_digest(frame: pl.DataFrame) -> str:
    """Give sixteen hex digits of what a submission takes from its sample: header, ids and order.

    The scores in it, which are nobody's, are of no account. Raises MelError as `read_sample` does.

    >>> sample = pl.DataFrame({"image_name": ["b", "a"], "target": [0, 0]})
    >>> sample_digest(sample) == sample_digest(sample.with_columns(target=pl.lit(0.5)))
    True
    >>> sample_digest(sample) == sample_digest(sample.reverse())
    False
    """
    sample = as_sample(frame)
    return digest_json([sample.columns, sample.to_series(0).to_list()])
