"""The proof that nothing leaks: any fold map against its table, without the code that built it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from mel.checks import AXES, is_missing
from mel.errors import MelError
from mel.folds.balance import by_axis, measured
from mel.folds.comparison import compare as put_beside
from mel.folds.leaks import crossings, link_rows, shared_with_test
from mel.folds.pairs import as_pairs, read_pairs
from mel.tables import Folds, ImageTable, as_table

__all__ = ["Audit", "audit"]


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
    `balance` is what `mel.folds.balance` gives, `shared` the ids that train and test images share
    (kind, id, train, test: how many images), `comparison` what `mel.folds.compare` gives, or None.
    `left_out` counts the pairs that name other images.
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
        size = f"{self.counts.height} folds of {self.counts['rows'].sum()} images"
        checked = f"checked by {', '.join(self.checked)}"
        found = "; ".join(self.faults) if self.faults else "nothing crosses"
        return f"{size}, {checked}: {found}"


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
        _WAYS[leak].format(ids=_many(ids, kind), images=images)
        for kind, leak, ids, images in counts.iter_rows()
    ]


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _notes(shared: pl.DataFrame, left_out: int) -> list[str]:
    counts = shared.group_by("kind", maintain_order=True).agg(
        pl.len().alias("ids"), pl.col("train", "test").sum()
    )
    lines = [
        f"{_many(ids, kind)} in train and in test ({train} and {test} images): a score on the "
        "test images is too good by them"
        for kind, ids, train, test in counts.iter_rows()
    ]
    if left_out:
        lines.append(f"{_many(left_out, 'pair')} left out: they name images of other tables")
    return lines


def _class_faults(counts: pl.DataFrame) -> list[str]:
    rows = counts.select("fold", "rows", "positives").iter_rows()
    return [
        f"fold {fold} has no {'negative' if positives else 'positive'}"
        for fold, size, positives in rows
        if positives in (0, size)
    ]


def _counts(table: ImageTable, folds: Folds) -> pl.DataFrame:
    frame = table.train.join(folds.frame, on="image_id", how="left", validate="1:1")
    positive = pl.col("target") == 1
    barred = folds.barred.filter(pl.col("image_id").is_in(list(folds.external)))
    shut = barred.group_by("fold").agg(barred=pl.len().cast(pl.Int64))
    external = len(folds.external) - pl.col("barred").fill_null(0)
    found = (
        frame.group_by("fold")
        .agg(
            pl.len().alias("rows"),
            positive.sum().alias("positives"),
            positive.mean().alias("positive_share"),
            pl.col("patient_id").n_unique().alias("patients"),
            pl.col("patient_id").filter(positive).n_unique().alias("positive_patients"),
            pl.col("age").median().alias("median_age"),
            (pl.col("sex") == "female").mean().alias("female_share"),
        )
        .join(shut, on="fold", how="left", validate="1:1")
    )
    return found.with_columns(external=external).drop("barred").sort("fold")


def audit(
    table: ImageTable | pl.DataFrame,
    folds: Folds,
    pairs: pl.DataFrame | Path | str | None = None,
    columns: Iterable[str] = (),
    *,
    compare: bool = False,
) -> Audit:
    """Look for every image that may train what scores a relative of it, and weigh the folds.

    The fold map may come from anywhere; its barred pairs are honoured. Relatives share a patient,
    a lesion_id or a duplicate_id, where the table has them, or are a pair of copies in `pairs`
    (a file or a frame: see `mel.folds.pairs.read_pairs`). Nothing is shared with the code that
    builds folds but which ids count as missing (`mel.checks.is_missing`). `columns` are further
    axes of the balance table; with `compare`, the map is put beside scikit-learn's plain ones.

    Raises MelError when the folds do not hold exactly the table's train and external images, for
    pairs of which no image is the table's, and for an unknown column.

    >>> frame = pl.DataFrame(
    ...     {"image_id": list("abcd"), "patient_id": list("pppq"), "target": [0, 1, 0, 1]}
    ... ).with_columns(
    ...     pl.lit("train").alias("split"),
    ...     pl.lit("somewhere.jpg").alias("path"),
    ...     pl.lit("example").alias("source"),
    ...     *(pl.lit(None).alias(name) for name in ("sex", "age", "site")),
    ... )
    >>> table = ImageTable.of(frame, "example")
    >>> by_row = pl.DataFrame({"image_id": list("abcd"), "fold": [0, 0, 1, 1]})
    >>> found = audit(table, Folds.of(by_row, seed=0, method="by row"))
    >>> found.crossings.rows()
    [('patient', 'p', [0, 1], 3, 'between folds')]
    >>> found.verdict
    '2 folds of 4 images, checked by patient: 1 patient with 3 images in more than one fold'

    Guarantees: the same findings, in the same order, for any order of the rows.
    """
    table, columns = as_table(table), tuple(columns)
    folds.covers(table)
    where = str(pairs) if isinstance(pairs, Path | str) else "pairs"
    known = read_pairs(pairs) if isinstance(pairs, Path | str) else _checked_pairs(pairs)
    _refuse_strange_pairs(table, known, where)
    links = link_rows(table.frame, known)
    return Audit(
        crossings(table, folds, links),
        _counts(table, folds),
        _checked(table, known),
        measured(table.train, folds.frame, table.name, columns),
        shared_with_test(table, links),
        put_beside(table, folds, known, columns) if compare else None,
        _left_out(table, known),
    )


def _checked_pairs(pairs: pl.DataFrame | None) -> pl.DataFrame | None:
    return None if pairs is None else as_pairs(pairs)


def _checked(table: ImageTable, pairs: pl.DataFrame | None) -> tuple[str, ...]:
    """Give the kinds that were looked for: axes with an id in what trains, and pairs if given."""
    trains = table.frame.filter(pl.col("split") != "test")
    axes = [kind for kind, column in AXES.items() if column in trains.columns]
    there = [kind for kind in axes if trains.filter(~is_missing(AXES[kind])).height]
    listed = () if pairs is None else sorted(pairs["kind"].unique())
    return (*there, *listed)


def _left_out(table: ImageTable, pairs: pl.DataFrame | None) -> int:
    """Count the pairs of which an image is not in the table."""
    if pairs is None:
        return 0
    known = table.frame["image_id"].implode()
    there = pl.all_horizontal(pl.col(side).is_in(known) for side in ("one", "other"))
    return pairs.filter(~there).height


def _refuse_strange_pairs(table: ImageTable, pairs: pl.DataFrame | None, where: str) -> None:
    if pairs is None or not pairs.height:
        return
    known = table.frame["image_id"].implode()
    if not any(pairs[side].is_in(known).any() for side in ("one", "other")):
        raise MelError(
            f"{where}: none of its {pairs.height} pairs has an image of table {table.name}; give "
            "the list that belongs to it"
        )
