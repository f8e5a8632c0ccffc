"""Example images: a few positives and negatives of each site or diagnosis, as small JPEGs."""

import base64
import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl
from PIL import Image

from mel.errors import ImageError
from mel.images import decode
from mel.tables import ImageTable

__all__ = ["Example", "Examples", "pick_examples"]

_PIXELS, _QUALITY = 112, 78
_GROUPS = 8  # at most
_TRIES = 4  # times as many images are tried as are wanted, when files are broken


@dataclass(frozen=True)
class Example:
    """One picture: its group, its id, its target, and a JPEG as a data address."""

    group: str
    image_id: str
    target: int
    address: str


@dataclass(frozen=True)
class Examples:
    """Pictures by group: `axis` names the column, `broken` the ids that could not be read."""

    axis: str
    pictures: tuple[Example, ...]
    broken: tuple[str, ...]


def pick_examples(table: ImageTable, each: int, seed: int = 0) -> Examples:
    """Pick up to `each` train images of each group, half of them positive where there are any.

    Groups are diagnoses where most images have one of several, else sites. One image a patient;
    which ones depends on their ids and the seed alone. A broken image is passed over.
    """
    axis = _axis(table.train)
    if each < 1 or not table.train.height or table.train["path"].null_count():
        return Examples(axis, (), ())
    rows = table.train.with_columns(
        pl.col(axis).fill_null("unknown").alias("group") if axis else pl.lit("").alias("group"),
        pl.Series("draw", [_draw(name, seed) for name in table.train["image_id"]]),
    ).sort("draw")
    common = rows["group"].value_counts().sort(["count", "group"], descending=[True, False])
    pictures: list[Example] = []
    broken: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        for group in common["group"].head(_GROUPS):
            for target, wanted in _shares(rows.filter(pl.col("group") == group), each):
                own = rows.filter((pl.col("group") == group) & (pl.col("target") == target))
                own = own.unique("patient_id", keep="first", maintain_order=True)
                _take(own, wanted, pool, pictures, broken)
    return Examples(axis, tuple(pictures), tuple(sorted(broken)))


def _axis(train: pl.DataFrame) -> str:
    """The column to group by, or "" where nothing is known."""
    for name in ("diagnosis", "site"):
        if name in train.columns:
            known = train[name].drop_nulls()
            known = known.filter(known.cast(pl.String) != "unknown")
            if known.n_unique() > 1 and known.len() > train.height / 2:
                return name
    return ""


def _draw(name: str, seed: int) -> str:
    return hashlib.sha256(f"{seed} {name}".encode()).hexdigest()


def _shares(rows: pl.DataFrame, each: int) -> list[tuple[int, int]]:
    """How many positives and how many negatives to show."""
    ill = int((rows["target"] == 1).sum())
    positives = min(ill, max(each // 2, each - (rows.height - ill)))
    return [(1, positives), (0, each - positives)]


def _take(
    rows: pl.DataFrame,
    wanted: int,
    pool: ThreadPoolExecutor,
    pictures: list[Example],
    broken: list[str],
) -> None:
    """Add the first `wanted` rows whose picture can be read."""
    todo, found = rows.select("group", "image_id", "target", "path").rows()[: wanted * _TRIES], 0
    while todo and found < wanted:
        part, todo = todo[: wanted - found], todo[wanted - found :]
        for row, address in zip(part, pool.map(_thumbnail, [r[3] for r in part]), strict=True):
            if address is None:
                broken.append(row[1])
            else:
                pictures.append(Example(str(row[0]), row[1], int(row[2]), address))
                found += 1


def _thumbnail(path: str) -> str | None:
    try:
        pixels = decode(path, _PIXELS)
    except ImageError:
        return None
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
