"""Submissions that anybody wrote: read with care, their ids joined."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from mel.checks import require_unique
from mel.errors import MelError, many
from mel.files import read_csv
from mel.submit.orders import strange_orders
from mel.submit.scales import oddities

__all__ = ["join", "odd", "read_scores"]


def read_scores(source: pl.DataFrame | Path | str) -> pl.DataFrame:
    """Read a stranger's submission: ids as text, then one column of finite numbers.

    Raises MelError for another number of columns, a missing or repeated id, and for a score that
    is missing, no number or not finite, with its id.
    """
    given = isinstance(source, pl.DataFrame)
    where = "submission" if given else str(source)
    frame = source if isinstance(source, pl.DataFrame) else read_csv(Path(source))
    if frame.width != 2:
        raise MelError(
            f"{where}: has {many(frame.width, 'column')} {', '.join(frame.columns[:6])}; a "
            "submission has an id and a score, drop the others"
        )
    key, value = frame.columns
    if not frame.height:
        raise MelError(f"{where}: has no rows; give a whole submission")
    require_unique(frame, where, by=key)
    numbers = frame.with_columns(
        pl.col(key).cast(pl.String), pl.col(value).cast(pl.Float64, strict=False).alias(value)
    )
    bad = numbers.filter(~pl.col(value).is_finite().fill_null(False))
    if bad.height:
        name = bad[key][0]
        said = frame.filter(pl.col(key).cast(pl.String) == name)[value][0]
        raise MelError(
            f"{where}: {value} of {name!r} is {said!r} ({many(bad.height, 'such row')}); every "
            "score must be a finite number"
        )
    return numbers


def join(frames: Sequence[pl.DataFrame], names: Sequence[str]) -> pl.DataFrame:
    """Join submissions by id, in the order of the first: its id column, then one for each.

    Raises MelError where a header is not that of the first, and where ids differ, with the first.
    """
    first = frames[0]
    key = first.columns[0]
    wanted = set(first[key])
    for frame, name in zip(frames[1:], names[1:], strict=True):
        if frame.columns != first.columns:
            raise MelError(
                f"{name}: header is {','.join(frame.columns)!r}, that of {names[0]} is "
                f"{','.join(first.columns)!r}; blend submissions of one competition"
            )
        _same(wanted, set(frame[key]), name, names[0])
    joined = first.select(key)
    for number, frame in enumerate(frames):
        scores = frame.rename({frame.columns[1]: f"{key}/{number}"})
        joined = joined.join(scores, on=key, how="left", validate="1:1", maintain_order="left")
    return joined


def _same(wanted: set[str], there: set[str], name: str, first: str) -> None:
    for ids, fault in ((wanted - there, "is missing"), (there - wanted, "is not one of the ids")):
        if ids:
            raise MelError(
                f"{name}: id {min(ids)!r} {fault} ({many(len(ids), 'such id')}, by {first}); give "
                "submissions of the same test set"
            )


def odd(frames: Sequence[pl.DataFrame], names: Sequence[str]) -> list[str]:
    """Say what is odd about some submissions: their scales, and orders unlike the others'."""
    found = [
        f"{name}: {line}"
        for frame, name in zip(frames, names, strict=True)
        for line in oddities(frame[frame.columns[1]])
    ]
    wide = join(frames, names).drop(frames[0].columns[0])
    return found + strange_orders(wide, names)
