"""What must not train a fold although it lies elsewhere: its images have kin that the fold scores.

A map of whole groups bars external images only; one that parts groups bars train images too.
"""

import polars as pl

__all__ = ["barred"]


def barred(rows: pl.DataFrame, scored: pl.DataFrame) -> pl.DataFrame:
    """Give the pairs of image_id and fold that must not train together.

    rows: image_id, split and group of every image of a table. scored: image_id, group and fold of
    its train images. An image is barred from each fold that scores another image of its group, and
    an external image with a test image in its group from every fold.

    >>> rows = pl.DataFrame(
    ...     {
    ...         "image_id": ["a", "b", "c", "d", "e"],
    ...         "split": ["train", "external", "train", "external", "test"],
    ...         "group": ["a", "a", "c", "d", "d"],
    ...     }
    ... )
    >>> scored = pl.DataFrame({"image_id": ["a", "c"], "group": ["a", "c"], "fold": [0, 1]})
    >>> barred(rows, scored).rows()
    [('b', 0), ('d', 0), ('d', 1)]
    """
    own = scored.select("image_id", own="fold")
    places = scored.select("group", "fold").unique()
    trains = rows.filter(pl.col("split") != "test").join(own, on="image_id", how="left")
    kin = trains.join(places, on="group", how="inner")
    kin = kin.filter((pl.col("fold") != pl.col("own")) | pl.col("own").is_null())
    tested = rows.filter(pl.col("split") == "test").select("group").unique()
    external = rows.filter(pl.col("split") == "external")
    shut = external.join(tested, on="group", how="semi").join(
        scored.select("fold").unique(), how="cross"
    )
    pairs = [found.select("image_id", "fold") for found in (kin, shut)]
    return pl.concat(pairs).unique().sort("image_id", "fold")
