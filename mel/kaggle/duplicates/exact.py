"""Exact copies: files of the same bytes, and pictures of the same pixels."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.images import fetch, measure
from mel.images.opening import upright
from mel.kaggle.duplicates.signatures import Signatures

__all__ = ["same_bytes", "same_pixels"]

_CLOSE = 0.01  # no two pictures of the same pixels are further apart


def same_bytes(frame: pl.DataFrame) -> pl.DataFrame:
    """Pair each file with the smallest image_id that has the same bytes (by their SHA-256).

    `frame` has image_id and sha256. Gives image_id_1, image_id_2, kind "exact" and distance 0.
    """
    first = pl.col("image_id").min().over("sha256")
    paired = frame.select(image_id_1=first, image_id_2="image_id")
    paired = paired.filter(pl.col("image_id_1") != pl.col("image_id_2"))
    return paired.with_columns(kind=pl.lit("exact"), distance=pl.lit(0.0))


def same_pixels(pairs: pl.DataFrame, signatures: Signatures) -> pl.DataFrame:
    """Name each near pair's kind: "exact" where both pictures decode to the same pixels.

    Only pairs are decoded that are as wide and as high, and whose thumbnails are equal where the
    formats are.
    """
    place = {name: row for row, name in enumerate(signatures.frame["image_id"])}
    paths = signatures.frame["path"]
    kinds = []
    for one, other, distance in pairs.iter_rows():
        rows = place[one], place[other]
        equal = np.array_equal(signatures.thumbs[rows[0]], signatures.thumbs[rows[1]])
        exact = distance <= _CLOSE and _same(paths[rows[0]], paths[rows[1]], alike=equal)
        kinds.append("exact" if exact else "near")
    named = pairs.with_columns(kind=pl.Series(kinds, dtype=pl.String))
    distance = pl.when(pl.col("kind") == "exact").then(0.0).otherwise("distance")
    return named.select("image_id_1", "image_id_2", "kind", distance.alias("distance"))


def _same(one: str, other: str, *, alike: bool) -> bool:
    first, second = measure(one), measure(other)
    if (first.width, first.height) != (second.width, second.height):
        return False
    if first.format == second.format and not alike:
        return False
    return np.array_equal(_pixels(one), _pixels(other))


def _pixels(path: str) -> NDArray[np.uint8]:
    return np.asarray(upright(fetch(path), lambda width, height: (width, height)), np.uint8)
