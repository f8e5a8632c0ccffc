"""What each image's file says of itself: pixels, bytes, format, EXIF; from headers only."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

import polars as pl

from mel.errors import ImageError
from mel.images import measure
from mel.progress import progress
from mel.tables import ImageTable

__all__ = ["Measured", "with_files"]

_ASPECTS = ((1, 1), (5, 4), (4, 3), (3, 2), (16, 9))
_NEAR = 0.015  # relative; cameras round to whole blocks
_THREADS = 8  # that mostly wait for a disk
_FOUND = {
    "width": pl.Float64,
    "height": pl.Float64,
    "file_bytes": pl.Float64,
    "format": pl.String,
    "mode": pl.String,
    "exif": pl.Float64,
    "camera": pl.String,
    "orientation": pl.String,
    "coarseness": pl.Float64,
}


@dataclass(frozen=True)
class Measured:
    """The table's rows with what is known of their files.

    `frame` has all columns of the table and width, height (pixels), file_bytes, format, mode, exif
    (how many tags), camera, orientation and coarseness (of a JPEG's quantisation; see
    `mel.images.Measure`), null where unknown; then size ("6000 × 4000"), ratio (width over
    height), aspect ("3:2", whichever side is longer) and bytes_per_pixel. `broken` are the ids
    whose file has no readable header. `read` says whether headers were read at all.
    """

    frame: pl.DataFrame
    broken: tuple[str, ...]
    read: bool


def with_files(table: ImageTable, *, headers: bool = True) -> Measured:
    """Add what is known of each image's file, reading the headers unless `headers` is False.

    A width, height or file_bytes that the table brings goes before what a header says. A table
    without images keeps what it brings.
    """
    has_files = headers and table.frame["path"].null_count() == 0 and table.frame.height > 0
    found = _read(table) if has_files else pl.DataFrame(schema={"image_id": pl.String, **_FOUND})
    broken = found.filter(pl.col("width").is_null())["image_id"].sort().to_list()
    joined = table.frame.join(found, on="image_id", how="left", validate="1:1", suffix="_read")
    for name in _FOUND:
        if f"{name}_read" in joined.columns:
            own = pl.col(name).cast(_FOUND[name], strict=False)
            joined = joined.with_columns(pl.coalesce(own, f"{name}_read").alias(name))
    return Measured(_derived(joined).sort("image_id"), tuple(broken), has_files)


def _read(table: ImageTable) -> pl.DataFrame:
    rows = table.frame.select("image_id", "path").iter_rows()
    with progress("Reading image headers", table.frame.height, "images") as tick:
        found = []
        for part in _in_parts(rows, _THREADS * 64):
            found += part
            tick(len(part))
    return pl.DataFrame(found, schema={"image_id": pl.String, **_FOUND}, orient="row")


def _in_parts(rows: Iterator[tuple[str, str]], size: int) -> Iterator[list[tuple[Any, ...]]]:
    with ThreadPoolExecutor(_THREADS) as pool:
        while part := list(islice(rows, size)):
            yield list(pool.map(_measured, part))


def _measured(row: tuple[str, str]) -> tuple[Any, ...]:
    image_id, path = row
    try:
        found = measure(path)
    except ImageError:
        return (image_id, *(None for _ in _FOUND))
    sizes = (float(found.width), float(found.height), float(found.bytes))
    kind = (found.format, found.mode, float(found.exif), found.camera, str(found.orientation))
    return (image_id, *sizes, *kind, found.coarseness)


def _derived(frame: pl.DataFrame) -> pl.DataFrame:
    known = (pl.col("width") > 0) & (pl.col("height") > 0)
    wide, high = (pl.col(name).cast(pl.Int64).cast(pl.String) for name in ("width", "height"))
    bytes_per_pixel = pl.col("file_bytes") / (pl.col("width") * pl.col("height"))
    return frame.with_columns(
        pl.when(known).then(pl.concat_str(wide, pl.lit(" × "), high)).alias("size"),
        pl.when(known).then(pl.col("width") / pl.col("height")).alias("ratio"),
        pl.when(known).then(_aspect()).alias("aspect"),
        pl.when(known).then(bytes_per_pixel).alias("bytes_per_pixel"),
    )


def _aspect() -> pl.Expr:
    ratio = pl.max_horizontal("width", "height") / pl.min_horizontal("width", "height")
    named = [(f"{a}:{b}", (ratio * b / a - 1).abs() < _NEAR) for a, b in _ASPECTS]
    return pl.coalesce(
        *(pl.when(near).then(pl.lit(name)) for name, near in named), pl.lit("another")
    )
