"""`mel kaggle duplicates`: the copies among a work folder's images, in files and for a person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from mel import kaggle
from mel.files import write_bytes, write_table
from mel.kaggle.duplicates.review import Review, review
from mel.kaggle.duplicates.search import THRESHOLD, Found, search
from mel.kaggle.duplicates.sheet import Shown, contact_sheet
from mel.pipeline.folder import AnyPath, Work

__all__ = ["Copies", "kaggle_duplicates"]

_MOST = 24  # pairs of a section of the contact sheet
_KEPT = ("image_id_1", "image_id_2", "kind", "distance", "source_1", "source_2", "listed")


@dataclass(frozen=True)
class Copies:
    """What was found, and where it stands.

    found: what the search did, and its pairs. review: the same pairs with what the table knows of
    both images; `review.counts` says how many there are of each kind. pairs: the Parquet file of
    the pairs. sheet: the contact sheet, or None where none was asked for or there is no pair.
    threshold: the largest distance of a near pair, from 0 to 1. broken: image_id, path and reason
    of the pictures left out.

    >>> from mel.pipeline import kaggle_load
    >>> _ = kaggle_load("tiny", "work/sheet", "work/demo/competition")
    >>> found = kaggle_duplicates("work/sheet", report=True)
    >>> found.found.images, found.broken.height, found.sheet.name
    (120, 0, 'duplicates.png')
    """

    found: Found
    review: Review
    pairs: Path
    sheet: Path | None
    threshold: float

    @property
    def broken(self) -> pl.DataFrame:
        """The pictures that could not be read."""
        return self.found.broken

    def as_dict(self) -> dict[str, Any]:
        """Give plain data, as `mel kaggle duplicates --json` has it; pairs are in the file."""
        odd = self.review.surprising.select("image_id_1", "image_id_2", "distance")
        return {
            "images": self.found.images,
            "read": self.found.computed,
            "threshold": self.threshold,
            "broken": self.broken.to_dicts(),
            "counts": self.review.counts,
            "surprising": odd.with_columns(
                why=pl.Series(self.review.reasons, dtype=pl.String)
            ).to_dicts(),
            "file": str(self.pairs),
            "sheet": None if self.sheet is None else str(self.sheet),
        }

    @property
    def facts(self) -> Mapping[str, str]:
        """Names and values for a person, the counts among them."""
        done = {"images": f"{self.found.images:,} compared, {self.found.computed:,} of them read"}
        broken = {"broken": f"{self.broken.height:,} left out"} if self.broken.height else {}
        files = {"file": str(self.pairs)} | ({"sheet": str(self.sheet)} if self.sheet else {})
        return done | broken | self.review.facts | files

    @property
    def advice(self) -> str:
        """How these pairs become groups of the folds."""
        other = f" (load uses the threshold {THRESHOLD:g})" if self.threshold != THRESHOLD else ""
        return (
            'To keep copies in one fold, set duplicates = "find" under [data] in the recipe, or '
            f"drop_duplicates = true with it to keep one of each, and load again{other}."
        )


def kaggle_duplicates(
    work: AnyPath,
    threshold: float = THRESHOLD,
    lists: Iterable[AnyPath] = (),
    *,
    report: bool = False,
) -> Copies:
    """Find the copies among the images of a work folder; the pairs go to its duplicates.parquet.

    `threshold` is the largest distance of a near pair, from 0 to 1 (see
    `mel.kaggle.find_duplicates`). `lists` are published lists, whose pairs are taken in and marked.
    With `report` the surprising pairs and the most distant ones go to duplicates.png, side by side.
    What was computed of each picture is kept in cache/hashes.parquet. The work folder's other files
    are only read.

    duplicates.parquet has a row a pair: image_id_1, image_id_2, kind ("exact" or "near"), distance
    (null for a pair that only a list has), source_1, source_2, and listed.

    Raises MelError when nothing is loaded there, when the table has no pictures, for a threshold
    that is negative or not below 1, and for a list that cannot be read.

    >>> from mel.pipeline import kaggle_load
    >>> _ = kaggle_load("tiny", "work/copies", "work/demo/competition")
    >>> found = kaggle_duplicates("work/copies")
    >>> found.review.counts["near"], found.pairs.as_posix()
    (2, 'work/copies/duplicates.parquet')
    """
    place = Work(Path(work))
    table = place.loaded()
    ids = table.frame["image_id"]
    listed = [kaggle.duplicates.read_list(path, ids, strict=False) for path in lists]
    found = search(table.frame, place.root / "cache" / "hashes.parquet", threshold)
    seen = review(table.frame, found.pairs, listed)
    path = place.root / "duplicates.parquet"
    pairs = seen.frame.select(_KEPT).sort("image_id_1", "image_id_2")
    header = {"kind": "duplicates", "inputs": {"images": table.digest}, "threshold": threshold}
    write_table(path, pairs, header)
    return Copies(found, seen, path, _sheet(seen, place) if report else None, threshold)


def _sheet(seen: Review, place: Work) -> Path | None:
    path = place.root / "duplicates.png"
    if not seen.frame.height:
        path.unlink(missing_ok=True)
        return None
    odd = seen.surprising
    far = seen.frame.filter(pl.col("distance") > 0).sort("distance", descending=True)
    first = [_shown(r, n) for r, n in zip(odd.head(_MOST).to_dicts(), seen.reasons, strict=False)]
    rest = [_shown(row) for row in far.head(_MOST).to_dicts()]
    sections = [
        (f"Surprising pairs: {len(first)} of {odd.height}", first),
        (f"The most distant pairs that still count: {len(rest)} of {far.height}", rest),
    ]
    write_bytes(path, contact_sheet(sections))
    return path


def _shown(row: Mapping[str, object], note: str = "") -> Shown:
    distance = "listed, not found" if row["distance"] is None else f"{row['distance']:.4f}"
    caption = f"{row['image_id_1']}   {row['image_id_2']}   {distance}"
    return Shown(str(row["path_1"]), str(row["path_2"]), caption, note)
