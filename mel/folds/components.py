"""Images that belong together: connected components over patient, lesion, duplicate and person."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.checks import AXES, is_missing, require_columns, require_unique

__all__ = ["groups"]


def _edges(frame: pl.DataFrame, column: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give a pair (row, first row with the same id) for every row that has an id."""
    rows = frame.select("row", column).filter(~is_missing(column))
    first = pl.col("row").min().over(column)
    return rows["row"].to_numpy(), rows.select(first)["row"].to_numpy()


def _components(frame: pl.DataFrame, links: list[str]) -> NDArray[np.int32]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = [_edges(frame, column) for column in links]
    here = np.concatenate([one for one, _ in edges])
    there = np.concatenate([other for _, other in edges])
    graph = coo_array((np.ones(len(here), bool), (here, there)), (frame.height, frame.height))
    labels: NDArray[np.int32] = connected_components(graph, directed=False)[1]
    return labels


def groups(frame: pl.DataFrame) -> pl.DataFrame:
    """Give each image the group that has to stay in one fold: columns image_id and group.

    Two images are in one group when a chain of shared patient_id, lesion_id, duplicate_id or
    person_id leads from one to the other; the last three are used where the frame has them, and a
    missing id links nothing (`mel.checks.is_missing`). A group is called after its smallest
    image_id. Raises MelError for a missing column and for a duplicate or missing image_id.

    >>> frame = pl.DataFrame(
    ...     {
    ...         "image_id": ["d", "c", "b", "a"],
    ...         "patient_id": ["p3", "p2", "p1", "p1"],
    ...         "duplicate_id": [None, "x", "x", None],
    ...     }
    ... )
    >>> groups(frame).rows()
    [('a', 'a'), ('b', 'a'), ('c', 'a'), ('d', 'd')]

    Guarantees: one row an image, sorted by image_id, the same for any order of the rows.
    """
    require_columns(frame, ("image_id", "patient_id"), "groups")
    require_unique(frame, "groups")
    links = [column for column in AXES.values() if column in frame.columns]
    frame = frame.select("image_id", *links).sort("image_id")
    if not frame.height:
        return frame.select("image_id", pl.col("image_id").alias("group"))
    frame = frame.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("row"))
    labels = pl.Series("component", _components(frame, links))
    first = pl.col("image_id").first().over("component")
    return frame.with_columns(labels).select("image_id", first.alias("group"))
