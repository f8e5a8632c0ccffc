"""What an audit found, and how it is said in a few lines."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from mel.errors import many
from mel.folds.proving.balance import by_axis

__all__ = ["Audit"]


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    `crossings` has a row for each id and way it leaks: kind (patient, lesion, duplicate, exact
    pair, near pair or chain), id, folds (list of the folds whose score it leaks into, or, for the
    test, that train on it), images (how many train images have the id; of an external leak, how
    many external ones), leak ("between folds"; "external": an external image trains a fold that
    scores a relative; "external to test": it trains although a test image is its relative).
    `counts` has a row a fold: fold, rows, positives, positive_share (0 to 1), patients,
    positive_patients, median_age (years), female_share (0 to 1, of the images whose sex is known)
    and external (images of other competitions that may train it). `checked` names the kinds of
    which the train and external images have an id at all: of another kind nothing is known.
    `balance` is what `mel.folds.proving.balance` gives, `shared` the ids that train and test images
    share (kind, id, train, test: how many images), `comparison` what `mel.folds.compare` gives, or
    None. `left_out` counts the pairs with an image of another table, which count in chains only.

    >>> from mel.folds import audit
    >>> from mel.tables import Folds, ImageTable
    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> folds = Folds.read("work/demo/folds.parquet")
    >>> found = audit(table, folds)
    >>> found.ok, found.leaks, found.counts.select("fold", "rows", "positives").rows()
    (True, (), [(0, 40, 7), (1, 44, 7)])
    """

    crossings: pl.DataFrame
    counts: pl.DataFrame
    checked: tuple[str, ...]
    balance: pl.DataFrame
    shared: pl.DataFrame
    comparison: pl.DataFrame | None = None
    left_out: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing leaks and every fold has both classes."""
        return not self.faults

    @property
    def leaks(self) -> tuple[str, ...]:
        """One line for each kind of id and way it leaks."""
        return tuple(_crossing_faults(self.crossings))

    @property
    def faults(self) -> tuple[str, ...]:
        """The leaks, and each fold without one of the classes."""
        return (*self.leaks, *_class_faults(self.counts))

    @property
    def notes(self) -> tuple[str, ...]:
        """What leaks nothing, but a reader should know."""
        return tuple(_notes(self.shared, self.left_out))

    @property
    def deviation(self) -> tuple[float, float]:
        """The median and the largest deviation of a category, relative."""
        median, largest = by_axis(self.balance).select("median", "largest").row(-1)
        return median, largest

    @property
    def verdict(self) -> str:
        """One line for a reader: what was checked, over how much, and what is wrong."""
        size = f"{self.counts.height} folds of {self.counts['rows'].sum():,} images"
        checked = f"checked by {', '.join(self.checked)}"
        found = "; ".join(self.faults) if self.faults else "nothing crosses"
        return f"{size}, {checked}: {found}"

    def as_dict(self) -> dict[str, Any]:
        """Give plain data, as audit.json and `mel folds audit --json` have it."""
        median, largest = self.deviation
        compared = None if self.comparison is None else self.comparison.to_dicts()
        return {
            "ok": self.ok,
            "verdict": self.verdict,
            "checked": list(self.checked),
            "notes": list(self.notes),
            "deviation": {"median": median, "largest": largest},
            "counts": self.counts.to_dicts(),
            "axes": by_axis(self.balance).to_dicts(),
            "comparison": compared,
            "crossings": self.crossings.to_dicts(),
            "shared_with_test": self.shared.to_dicts(),
        }


_WAYS = {
    "between folds": "{ids} with {images} images in more than one fold",
    "external": "{ids} of which {images} external images train a fold that scores others",
    "external to test": "{ids} of test images of which {images} external images train",
}


def _crossing_faults(found: pl.DataFrame) -> list[str]:
    counts = found.group_by("kind", "leak", maintain_order=True).agg(
        pl.len().alias("ids"), pl.col("images").sum()
    )
    return [
        _WAYS[leak].format(ids=many(ids, kind), images=images)
        for kind, leak, ids, images in counts.iter_rows()
    ]


def _notes(shared: pl.DataFrame, left_out: int) -> list[str]:
    counts = shared.group_by("kind", maintain_order=True).agg(
        pl.len().alias("ids"), pl.col("train", "test").sum()
    )
    lines = [
        f"{many(ids, kind)} in train and in test ({train} and {test} images): a score on the "
        "test images is too good by them"
        for kind, ids, train, test in counts.iter_rows()
    ]
    if left_out:
        lines.append(
            f"{many(left_out, 'pair')} with images of other tables: only chains count them"
        )
    return lines


def _class_faults(counts: pl.DataFrame) -> list[str]:
    rows = counts.select("fold", "rows", "positives").iter_rows()
    return [
        f"fold {fold} has no {'negative' if positives else 'positive'}"
        for fold, size, positives in rows
        if positives in (0, size)
    ]
