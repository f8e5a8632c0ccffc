"""What is known of an image besides its pixels, as numbers: one code for training and serving."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.checks import OLDEST_AGE, SEXES, SITES, require_columns

__all__ = ["METADATA", "encode_metadata"]

METADATA = ("age", "age is known", *SEXES, *SITES)


def encode_metadata(frame: pl.DataFrame) -> NDArray[np.float32]:
    """Give age, sex and site as numbers from 0 to 1: float32, a row an image, METADATA its columns.

    Age in years is divided by the oldest that a table may hold, so that nothing is fitted to any
    rows; an unknown one is 0 with "age is known" 0. Each sex and site is a column of 0 and 1, all 0
    where it is missing. Raises MelError when a column of `frame` is missing.

    >>> frame = pl.DataFrame({"age": [60.0, None], "sex": ["male", None], "site": ["torso", None]})
    >>> encode_metadata(frame)[:, :4].tolist()
    [[0.5, 1.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0]]
    """
    require_columns(frame, ("age", "sex", "site"), "metadata")
    columns = [
        (pl.col("age") / OLDEST_AGE).fill_null(0.0).alias("age"),
        pl.col("age").is_not_null().alias("age is known"),
        *((pl.col("sex") == sex).fill_null(False).alias(sex) for sex in SEXES),
        *((pl.col("site") == site).fill_null(False).alias(site) for site in SITES),
    ]
    return frame.select(column.cast(pl.Float32) for column in columns).to_numpy()
