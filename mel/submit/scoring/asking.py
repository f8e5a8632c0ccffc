"""What is asked about: images with what is known of each, and what must be said of that."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import polars as pl

from mel.checks import (
    OLDEST_AGE,
    SEXES,
    SITES,
    cast_columns,
    is_missing,
    require_columns,
    require_unique,
)
from mel.errors import MelError, near

__all__ = ["CHOICES", "KNOWN", "Asked", "check_variant"]

CHOICES = ("auto", "context", "single")

KNOWN = {"age": pl.Float64(), "sex": pl.String(), "site": pl.String()}
_TEXT = {"path": pl.String(), "patient_id": pl.String()}
_WORDS = {"sex": SEXES, "site": SITES}


@dataclass(frozen=True)
class Asked:
    """Images to be scored: image_id, path, patient_id, age, sex and site, null where unknown.

    `flags` are, by image_id, what is missing or was taken for missing.
    """

    frame: pl.DataFrame
    flags: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, frame: pl.DataFrame) -> Self:
        """Take a frame with image_id and whatever else is known, in any order of columns.

        A column that is not there is unknown for all. An age that nobody has, or a word that is
        none of ours, is taken for unknown, and flagged: one bad value must not stop a batch.
        Raises MelError for ids that are missing or stand twice, and a column of the wrong type.
        """
        require_columns(frame, ("image_id",), "images")
        lacking = {n: kind for n, kind in (_TEXT | KNOWN).items() if n not in frame.columns}
        whole = frame.with_columns(pl.lit(None, kind).alias(n) for n, kind in lacking.items())
        types = {"image_id": pl.String()} | _TEXT | KNOWN
        whole = cast_columns(whole.select(*types), types, "images")
        require_unique(whole, "images")
        faults = whole.select("image_id", *(fault.alias(name) for name, fault in _faults().items()))
        nobody = pl.when(~is_missing("patient_id")).then("patient_id")
        blanks = {n: pl.when(ok).then(n) for n, ok in _fine().items()} | {"patient_id": nobody}
        return cls(whole.with_columns(**blanks), _flags(faults))

    @property
    def ids(self) -> list[str]:
        """The images' ids, in the order they were given."""
        return self.frame["image_id"].to_list()

    def variants(self, scored: set[str], wanted: str = "auto") -> pl.DataFrame:
        """Give image_id and variant of the images that were scored.

        "auto": "context" where two or more of a patient's images were, else "single": who gives one
        image has rarely all that there are. "context" for each image that has a patient, as the
        stack scores a work folder's test images; "single" for all. An image without a patient is
        always "single".
        """
        check_variant(wanted)
        rows = self.frame.filter(pl.col("image_id").is_in(list(scored)))
        several = pl.col("patient_id").is_not_null()
        if wanted == "auto":
            several &= pl.len().over("patient_id") > 1
        chosen = pl.when(several & (wanted != "single")).then(pl.lit("context"))
        return rows.select("image_id", variant=chosen.otherwise(pl.lit("single")))


def check_variant(wanted: str) -> None:
    """Refuse what is none of `CHOICES`."""
    if wanted not in CHOICES:
        raise MelError(f"variant: unknown {wanted!r}; {near(wanted, CHOICES)}")


def _fine() -> dict[str, pl.Expr]:
    """Tell of each value whether it can be used."""
    aged = pl.col("age").is_between(0, OLDEST_AGE) & pl.col("age").is_not_nan()
    return {"age": aged} | {name: pl.col(name).is_in(words) for name, words in _WORDS.items()}


def _faults() -> dict[str, pl.Expr]:
    """Tell of each flag whether an image gets it."""
    unknown = {f"{n} unknown": pl.col(n).is_null() for n in KNOWN}
    return unknown | {
        f"{name} out of range": pl.col(name).is_not_null() & ~fine.fill_null(False)
        for name, fine in _fine().items()
    }


def _flags(faults: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    names = faults.columns[1:]
    return {
        str(row[0]): tuple(name for name, has in zip(names, row[1:], strict=True) if has)
        for row in faults.iter_rows()
    }
