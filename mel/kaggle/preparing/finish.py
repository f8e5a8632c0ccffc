"""The end of a preparation: an index a size, and the list of broken originals."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from mel.digests import digest_frame
from mel.errors import MelError
from mel.files import atomic
from mel.kaggle.preparing.index import Prepared
from mel.kaggle.preparing.plan import Plan
from mel.kaggle.preparing.shard import Part
from mel.progress import say

__all__ = ["BROKEN", "finish", "unfinish"]

BROKEN = "broken.csv"


def unfinish(plan: Plan, folder: Path) -> None:
    """Take the indexes away: while shards are missing or made again, there is none."""
    for size in plan.sizes:
        (folder / str(size) / "index.parquet").unlink(missing_ok=True)


def finish(
    plan: Plan,
    folder: Path,
    parts: Mapping[int, Part],
    paths: Mapping[str, str],
    table: str | None,
) -> pl.DataFrame:
    """Write the indexes and the list of broken originals; give image_id, path and reason of those.

    An index that is there and says what it should is left alone; any other is written again.
    """
    rows = pl.concat(
        parts[shard].frame.with_columns(shard=pl.lit(f"{plan.name(shard)}.tfrec"))
        for shard in range(plan.shards)
    )
    broken = _broken(rows, paths)
    _list_broken(broken, folder / BROKEN)
    for size in plan.sizes:
        index = _index(plan, folder, size, rows, parts, table)
        if not _stands(index):
            index.write()
    return broken


def _stands(index: Prepared) -> bool:
    """Tell whether the folder holds this very index; say so where it holds one that is damaged."""
    if not index.path.exists():
        return False
    try:
        return Prepared.read(index.folder).same(index)
    except MelError as error:
        say(f"{error} (that is done now)")
        return False


def _broken(rows: pl.DataFrame, paths: Mapping[str, str]) -> pl.DataFrame:
    bad = rows.filter(pl.col("reason").is_not_null())
    path = pl.Series("path", [paths[image_id] for image_id in bad["image_id"]], dtype=pl.String)
    return bad.select("image_id", path, "reason")


def _list_broken(broken: pl.DataFrame, path: Path) -> None:
    if broken.height:
        with atomic(path) as temporary:
            broken.write_csv(temporary)
    else:
        path.unlink(missing_ok=True)


def _index(
    plan: Plan,
    folder: Path,
    size: int,
    rows: pl.DataFrame,
    parts: Mapping[int, Part],
    table: str | None,
) -> Prepared:
    good = rows.filter(pl.col("reason").is_null())
    sources = digest_frame(good.select("image_id", "source_bytes", "source_crc"))
    frame = good.select(
        "image_id",
        "shard",
        pl.col(f"offset_{size}").alias("offset"),
        pl.col(f"bytes_{size}").alias("bytes"),
        "width",
        "height",
        "source_bytes",
        "source_crc",
    )
    return Prepared(
        folder / str(size),
        frame,
        size,
        plan.settings,
        {f"{plan.name(k)}.tfrec": parts[k].files[str(size)] for k in range(plan.shards)},
        rows.height - good.height,
        {"sources": sources, **({"images": table} if table else {})},
    )
