"""Images on which a bundle can be judged: none that trained the networks that score it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from mel.pipeline.bundling.gathering import Gathered
from mel.pipeline.source import truth

__all__ = ["Honest", "honest_images", "whole_patients"]

_META = ("image_id", "path", "patient_id", "age", "sex", "site")


@dataclass(frozen=True)
class Honest:
    """Images with known targets, and `fold`, the one whose networks alone may score each.

    `fold` is null for test images, which any network may score. `what` says in words which images
    these are. `known` says whether stack and blend were fitted to these very rows.
    """

    frame: pl.DataFrame
    what: str
    known: bool

    @property
    def target(self) -> pl.Series:
        """The targets, in the order of the rows."""
        return self.frame["target"]

    @property
    def variants(self) -> tuple[str, ...]:
        """How these can be judged: each by itself, and as served, where a patient has several."""
        several = self.frame["patient_id"].drop_nulls().is_duplicated().any()
        return ("single", "auto") if several else ("single",)


def honest_images(gathered: Gathered, folds: Sequence[int], most: int) -> Honest | None:
    """Draw at most `most` images, a quarter of them positive where there are so many.

    Test images whose targets are known; where there are none, training images, each for the one
    fold that never saw it, of `folds` only. None where there is neither: `folds` is empty when
    every network saw every training image.
    """
    known = truth(gathered.work)
    if known is not None and known["target"].n_unique() == 2:
        rows = gathered.table.test.select(*_META).join(
            known.select("image_id", "target"), on="image_id", validate="1:1"
        )
        rows = rows.with_columns(fold=pl.lit(None, pl.Int16))
        return _drawn(rows, most, "test images, which trained nothing", known=False)
    rows = gathered.table.train.select(*_META, "target").join(
        gathered.folds.frame.filter(pl.col("fold").is_in(list(folds))), on="image_id"
    )
    if rows.is_empty() or not most:
        return None
    return _drawn(rows, most, "training images, each by the fold that never saw it", known=True)


def _drawn(rows: pl.DataFrame, most: int, what: str, *, known: bool) -> Honest | None:
    """Draw images that have pictures by their ids, the same whatever the order of the rows."""
    whole = rows.height
    rows = rows.filter(pl.col("path").is_not_null()).sort("image_id")
    if rows.is_empty() or not most:
        return None
    rng = np.random.default_rng(0)
    chosen: list[pl.DataFrame] = []
    room = most
    for target in (1, 0):
        mine = rows.filter(pl.col("target") == target)
        count = min(mine.height, max(1, most // 4) if target else room)
        chosen.append(mine[np.sort(rng.permutation(mine.height)[:count])])
        room -= count
    found = pl.concat(chosen).sort("image_id")
    part = "" if found.height == whole else f" of {whole:,}"
    lacking = f" ({whole - rows.height:,} have no picture)" if rows.height < whole else ""
    return Honest(found, f"{found.height:,}{part} {what}{lacking}", known)


def whole_patients(test: pl.DataFrame, most: int) -> pl.DataFrame:
    """Choose test images for a comparison: all images of some patients, at most `most`.

    Where every patient has more than that, all images of the one with the fewest.
    """
    rows = test.select(*_META).sort("patient_id", "image_id")
    counts = rows.group_by("patient_id").len().sort("patient_id")
    sizes: Mapping[str, int] = dict(counts.iter_rows())
    chosen: list[str] = []
    room = most
    for patient, count in sorted(sizes.items(), key=lambda pair: (-min(pair[1], 2), pair[0])):
        if count <= room:
            chosen.append(patient)
            room -= count
    if not chosen and sizes:
        chosen = [min(sizes, key=lambda patient: (sizes[patient], patient))]
    return rows.filter(pl.col("patient_id").is_in(chosen))
