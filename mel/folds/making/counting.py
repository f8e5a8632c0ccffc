"""How many of each category a group has: what the folds are balanced over."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.folds.making.strata import Stratum, banded, image_strata

__all__ = ["Counts", "count"]

Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Counts:
    """How many each group has of each category.

    `groups` are their names, sorted; `categories` pairs of property and category; `numbers` whole
    numbers, (groups, categories). The first category is the rows, the second the positives.
    """

    groups: pl.Series
    categories: tuple[tuple[str, str], ...]
    numbers: Whole


def count(frame: pl.DataFrame, columns: Sequence[str] = ()) -> Counts:
    """Count every category in every group of a frame of train images with a column `group`.

    The categories: rows, positives, patients, positive patients, the patients by how many images
    they have (bands that double), and the images by each of `image_strata`. Raises MelError for an
    impossible one of `columns`.

    >>> frame = pl.DataFrame(
    ...     {
    ...         "group": ["b", "a", "a"],
    ...         "patient_id": ["r", "p", "q"],
    ...         "target": [1, 0, 0],
    ...         "sex": ["male", "male", "female"],
    ...     }
    ... ).with_columns(age=pl.lit(30.0), site=pl.lit("torso"), source=pl.lit("one"))
    >>> found = count(frame)
    >>> [name for name, _ in found.categories]
    ['rows', 'positives', 'patients', 'positive patients', 'sex', 'sex']
    >>> found.numbers.tolist()
    [[2, 0, 2, 0, 1, 1], [1, 1, 1, 1, 0, 1]]
    """
    names = frame["group"].unique().sort()
    group = frame["group"].rank("dense").to_numpy().astype(np.int64) - 1
    positive = group[frame["target"].to_numpy() == 1]
    parts = [
        (_whole("rows", group), group),
        (_whole("positives", positive), positive),
        *_patients(frame, group),
        *((stratum, group) for stratum in image_strata(frame, columns)),
    ]
    categories = tuple((stratum.name, label) for stratum, _ in parts for label in stratum.labels)
    numbers = np.hstack([_table(stratum, at, len(names)) for stratum, at in parts])
    return Counts(names, categories, numbers)


def _whole(name: str, rows: Whole) -> Stratum:
    return Stratum(name, ("all",), np.zeros(len(rows), dtype=np.int64))


def _table(stratum: Stratum, group: Whole, groups: int) -> Whole:
    wide = len(stratum.labels)
    flat = np.bincount(group * wide + stratum.codes, minlength=groups * wide)
    return flat.astype(np.int64).reshape(groups, wide)


def _patients(frame: pl.DataFrame, group: Whole) -> list[tuple[Stratum, Whole]]:
    seen = frame.select("patient_id", "target").with_columns(pl.Series("group", group))
    seen = seen.group_by("patient_id", "group").agg(
        images=pl.len(), positive=pl.col("target").max()
    )
    at, images = seen["group"].to_numpy(), seen["images"].to_numpy().astype(np.float64)
    ill = at[seen["positive"].to_numpy() == 1]
    doubling = [2.0**power for power in range(1, int(np.log2(images.max())) + 1)]
    sizes = banded("images a patient", images, doubling)
    parts = [(_whole("patients", at), at), (_whole("positive patients", ill), ill)]
    return [*parts, (sizes, at)] if len(sizes.labels) > 1 else parts
