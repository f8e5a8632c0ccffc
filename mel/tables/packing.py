"""All of a fold map as one table, as it is kept: who scores an image, and what it may not train."""

import polars as pl

__all__ = ["packed", "unpacked"]


def packed(frame: pl.DataFrame, barred: pl.DataFrame, external: tuple[str, ...]) -> pl.DataFrame:
    """Give a row an image: external ones have no fold; the folds barred to it are text, as "0 2".

    A map without either has no column `barred`.
    """
    if not external and not barred.height:
        return frame
    others = pl.DataFrame({"image_id": external}, schema={"image_id": pl.String})
    rows = pl.concat([frame, others], how="diagonal")
    listed = barred.group_by("image_id").agg(
        barred=pl.col("fold").sort().cast(pl.String).str.join(" ")
    )
    return rows.join(listed, on="image_id", how="left", validate="1:1").sort("image_id")


def unpacked(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.Series]:
    """Take the table apart again: image_id and fold, the barred pairs, the external images.

    >>> rows = pl.DataFrame({"image_id": ["a", "b"], "fold": [0, None], "barred": [None, "0 2"]})
    >>> [part.rows() for part in unpacked(rows)[:2]]
    [[('a', 0)], [('b', '0'), ('b', '2')]]
    """
    if "barred" not in rows.columns:
        rows = rows.with_columns(barred=pl.lit(None, pl.String))
    pairs = rows.filter(pl.col("barred").is_not_null()).select(
        "image_id", fold=pl.col("barred").str.split(" ")
    )
    scored = rows.filter(pl.col("fold").is_not_null()).select("image_id", "fold")
    return scored, pairs.explode("fold"), rows.filter(pl.col("fold").is_null())["image_id"]
