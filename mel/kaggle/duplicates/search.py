"""Copies found by comparing the pictures themselves."""

from pathlib import Path

import polars as pl

from mel.errors import MelError

__all__ = ["find"]


def find(frame: pl.DataFrame, cache: Path | None = None) -> pl.DataFrame:
    """Find the copies among pictures, whatever their orientation.

    `frame` has image_id, path (an image reference) and source. Gives image_id_1 < image_id_2,
    kind ("exact" or "near"), distance, source_1 and source_2, sorted by the ids. `cache` is a
    Parquet file that keeps what was computed of each picture for the next call.
    """
    raise MelError("find: comparing pictures is not built yet; use the published lists")
