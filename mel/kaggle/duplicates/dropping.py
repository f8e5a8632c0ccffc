"""Keep one picture of each group of copies, and say of every other one why it went."""

import polars as pl

from mel.checks import is_missing, require_columns, require_unique

__all__ = ["conflicts", "drop"]

_RANKS = {"test": 0, "train": 1, "external": 2}
_NEEDED = ("image_id", "split", "target", "duplicate_id")


def drop(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Keep one of each group of copies: give the rows that stay, and what was dropped.

    `frame` has image_id, split (train, test or external), target and duplicate_id (see `label`).
    No test row is ever dropped. A copy in test goes before one in train, train before external,
    then the smaller image_id: so a train image that is also a test image is dropped.

    The second frame has a row for each dropped image, sorted by image_id: image_id, kept_id (the
    copy that stayed), duplicate_id, split, reason (text), and conflict: whether its target is not
    that of another copy in its group (`conflicts` lists those groups). The rows that stay keep
    their order.

    A dropped image no longer links its patient to those of its copies: `hand_on` keeps these links.

    Raises MelError for a missing column and for a missing or double image_id.

    >>> frame = pl.DataFrame(
    ...     {
    ...         "image_id": ["a", "b", "c", "d"],
    ...         "split": ["external", "train", "train", "test"],
    ...         "target": [1, 0, 0, None],
    ...         "duplicate_id": ["a", "a", None, None],
    ...     }
    ... )
    >>> kept, dropped = drop(frame)
    >>> kept["image_id"].to_list(), dropped.select("image_id", "reason", "conflict").rows()
    (['b', 'c', 'd'], [('a', 'external copy of train image b', True)])
    """
    require_columns(frame, _NEEDED, "images")
    require_unique(frame, "images")
    copies = _ranked(frame)
    gone = copies.filter(pl.col("image_id") != pl.col("kept_id"), pl.col("split") != "test")
    reason = pl.format("{} copy of {} image {}", "split", "kept_split", "kept_id")
    dropped = gone.with_columns(reason=reason).select(
        "image_id", "kept_id", "duplicate_id", "split", "reason", "conflict"
    )
    kept = frame.join(dropped, on="image_id", how="anti", maintain_order="left")
    return kept, dropped.sort("image_id")


def _ranked(frame: pl.DataFrame) -> pl.DataFrame:
    """Give every image of a group with the one that stays and whether targets differ."""
    rank = pl.col("split").replace_strict(_RANKS, return_dtype=pl.Int8)
    copies = frame.select(_NEEDED).filter(~is_missing("duplicate_id")).with_columns(rank=rank)
    copies = copies.sort("duplicate_id", "rank", "image_id")
    return copies.with_columns(
        kept_id=pl.col("image_id").first().over("duplicate_id"),
        kept_split=pl.col("split").first().over("duplicate_id"),
        conflict=pl.col("target").drop_nulls().n_unique().over("duplicate_id") > 1,
    )


def conflicts(frame: pl.DataFrame) -> pl.DataFrame:
    """List the copies whose group has more than one target: one of the labels must be wrong.

    Takes what `drop` takes; gives duplicate_id, image_id, split and target, sorted.

    >>> frame = pl.DataFrame(
    ...     {
    ...         "image_id": ["a", "b", "c"],
    ...         "split": ["train"] * 3,
    ...         "target": [0, 1, 1],
    ...         "duplicate_id": ["a", "a", None],
    ...     }
    ... )
    >>> conflicts(frame).rows()
    [('a', 'a', 'train', 0), ('a', 'b', 'train', 1)]
    """
    require_columns(frame, _NEEDED, "images")
    found = _ranked(frame).filter("conflict")
    return found.select("duplicate_id", "image_id", "split", "target").sort(
        "duplicate_id", "image_id"
    )
