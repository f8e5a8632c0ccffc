"""Pairs of copies -> duplicate_id: the connected components, each called after its smallest id."""

import numpy as np
import polars as pl

from mel.checks import is_missing, require_columns, require_unique
from mel.errors import MelError, many

__all__ = ["label"]

_PAIR = ("image_id_1", "image_id_2")


def label(frame: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Give `frame` with the column duplicate_id: equal for images that a chain of pairs links.

    `frame` has an image_id a row; `pairs` has image_id_1 and image_id_2. A duplicate_id that the
    frame has already links as a pair does. The new one is the smallest image_id of its component,
    null for an image that nothing links. The rows keep their order.

    Raises MelError for a missing column, a missing or double image_id, and for a pair that names
    an image which the frame does not have.

    >>> frame = pl.DataFrame({"image_id": ["d", "c", "b", "a"], "duplicate_id": ["x", "x", "", ""]})
    >>> pairs = pl.DataFrame({"image_id_1": ["b"], "image_id_2": ["c"]})
    >>> label(frame, pairs).rows()
    [('d', 'b'), ('c', 'b'), ('b', 'b'), ('a', None)]
    """
    require_columns(frame, ("image_id",), "images")
    require_columns(pairs, _PAIR, "pairs")
    require_unique(frame, "images")
    rows = frame.select("image_id").with_row_index("row")
    links = pl.concat([_listed(rows, pairs), _there(frame)]) if frame.height else _none()
    found = _smallest(rows, links)
    return frame.drop("duplicate_id", strict=False).join(
        found, on="image_id", how="left", validate="1:1", maintain_order="left"
    )


def _none() -> pl.DataFrame:
    return pl.DataFrame(schema={"here": pl.Int64, "there": pl.Int64})


def _listed(rows: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    links = pairs.select(_PAIR)
    for side, name in zip(_PAIR, ("here", "there"), strict=True):
        links = links.join(
            rows.select(pl.col("row").cast(pl.Int64).alias(name), image_id="image_id"),
            left_on=side,
            right_on="image_id",
            how="left",
        )
        unknown = links.filter(pl.col(name).is_null())[side]
        if unknown.len():
            raise MelError(
                f"pairs: image {unknown.min()!r} is none of the table's "
                f"({many(unknown.n_unique(), 'such image')}); take the pairs that belong to it"
            )
    return links.select("here", "there")


def _there(frame: pl.DataFrame) -> pl.DataFrame:
    """Link each row that has a duplicate_id to the first row with the same one."""
    if "duplicate_id" not in frame.columns:
        return _none()
    row = pl.int_range(pl.len(), dtype=pl.Int64)
    known = frame.select("duplicate_id", here=row).filter(~is_missing("duplicate_id"))
    return known.select("here", there=pl.col("here").min().over("duplicate_id"))


def _smallest(rows: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Give image_id and duplicate_id of every image that is linked, if only to itself."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    here, there = links["here"].to_numpy(), links["there"].to_numpy()
    graph = coo_array((np.ones(len(here), bool), (here, there)), (rows.height, rows.height))
    component = connected_components(graph, directed=False)[1] if rows.height else []
    linked = pl.Series("row", np.union1d(here, there), dtype=rows["row"].dtype)
    named = rows.with_columns(pl.Series("component", component, dtype=pl.Int32))
    named = named.with_columns(duplicate_id=pl.col("image_id").min().over("component"))
    return named.join(linked.to_frame(), on="row").select("image_id", "duplicate_id")
