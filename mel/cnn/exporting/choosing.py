"""On which images a graph is compared: held-out ones, as many of either class as can be."""

import hashlib

import polars as pl

from mel.tables import Folds, ImageTable

__all__ = ["COMPARED", "chosen"]

COMPARED = 64  # images on which the graph is compared with Keras
_IMAGES = 256  # and on which bfloat16 is measured
_COLUMNS = ("image_id", "path", "age", "sex", "site", "target")


def chosen(table: ImageTable, folds: Folds, fold: int | None, count: int = _IMAGES) -> pl.DataFrame:
    """Give up to `count` rows of a table, positives and negatives by turns while both last.

    Images that the fold held out; of the mean network (`fold` None), which has seen all of these,
    test images. Where there are none, others: the pixels do to compare a graph with its network.
    Which images are taken depends on their ids alone.
    """
    wanted = table.test if fold is None else folds.scored(table, fold)
    frame = next(part for part in (wanted, table.test, table.train) if part.height)
    keys = [hashlib.sha256(name.encode()).hexdigest() for name in frame["image_id"]]
    ordered = frame.with_columns(key=pl.Series(keys)).sort("key")
    turn = pl.int_range(pl.len()).over("target").alias("turn")
    by_turns = ordered.with_columns(turn).sort("turn", "target", descending=[False, True])
    return by_turns.head(count).select(*_COLUMNS)
