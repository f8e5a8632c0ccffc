"""How a patient's images lie over the years and the body: counts and ages, without any score."""

from typing import ClassVar, Literal, get_args

import numpy as np
import polars as pl

from mel.tabular.features.rows import Patients, Rows
from mel.tabular.features.stored import Feature, Floats, Norms

__all__ = ["FACTS", "Fact", "PatientFact", "facts_of"]

Fact = Literal[
    "images",
    "images at the site",
    "share at the site",
    "sites",
    "images at the age",
    "ages",
    "years above mean",
    "years before last",
    "years in all",
]
FACTS: tuple[Fact, ...] = get_args(Fact)
_COUNTS = ("images", "images at the site", "images at the age")


def facts_of(rows: Rows) -> dict[str, Floats]:
    """Give every fact for each row that its columns allow; counts as natural logarithms."""
    patients = rows.patients
    known = [column for column in ("site", "age") if column in rows.images.columns]
    frame = rows.images.select(pl.col(known)).with_columns(who=patients.group)
    if "age" in known:
        frame = frame.with_columns(pl.col("age").cast(pl.Float64).fill_nan(None))
    facts = {f: e for f, e in _EXPRESSIONS.items() if _needs(f) in (None, *known)}
    table = frame.select(e.cast(pl.Float64).alias(f) for f, e in facts.items())
    found = {fact: table[fact].fill_null(float("nan")).to_numpy() for fact in facts}
    found |= {fact: np.log(found[fact]) for fact in _COUNTS if fact in facts}
    if "age" in known:
        found["years above mean"] = _above_mean(frame["age"], patients)
    return found


def _above_mean(age: pl.Series, patients: Patients) -> Floats:
    years = np.array(age.to_numpy(), dtype=np.float64)
    known = (~np.isnan(years)).astype(np.float64)
    count = patients.total(known)
    mean = patients.total(np.nan_to_num(years)) / np.where(count > 0, count, np.nan)
    return np.asarray(years - mean, dtype=np.float64)


def _needs(fact: str) -> str | None:
    """Name the metadata column a fact is made of, if any."""
    if fact.startswith("years") or fact.endswith(("age", "ages")):
        return "age"
    return "site" if fact.endswith(("site", "sites")) else None


_AGE, _SIZE = pl.col("age"), pl.len().over("who")
_EXPRESSIONS = {
    "images": _SIZE,
    "images at the site": pl.len().over("who", "site"),
    "share at the site": pl.len().over("who", "site") / _SIZE,
    "sites": pl.col("site").n_unique().over("who"),
    "images at the age": pl.len().over("who", "age"),
    "ages": _AGE.n_unique().over("who"),
    "years before last": _AGE.max().over("who") - _AGE,
    "years in all": _AGE.max().over("who") - _AGE.min().over("who"),
}


class PatientFact(Feature):
    """One fact about the patient's other images: how many, where and at what age they were taken.

    Counts are logarithms, since the second image says more than the fiftieth.
    """

    unit: ClassVar[str] = "ln images; a share, 0 to 1; years; sites or ages"
    leak: ClassVar[str] = (
        "metadata of the patient's images on this side, train or test; no score and no target; "
        "how many images a patient has may be the collection's habit and not the skin's"
    )
    kind: Literal["patient"] = "patient"
    fact: Fact

    @property
    def title(self) -> str:
        """The fact."""
        return f"patient: {self.fact}"

    @property
    def needs(self) -> str | None:
        """The metadata column it is made of, if any."""
        return _needs(self.fact)

    @property
    def reads(self) -> tuple[str, ...]:
        """The patient, and that column."""
        return ("patient_id", self.needs) if self.needs else ("patient_id",)

    def column(self, rows: Rows, norms: Norms) -> Floats:  # noqa: ARG002
        """Give the fact for each image; NaN where it rests on an age that is missing."""
        return rows.once("facts", lambda: facts_of(rows))[self.fact]
