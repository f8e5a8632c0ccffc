"""Tables of linked images, drawn at random, and the real tables of shared/data."""

from collections.abc import Callable, Iterable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import strategies as st

from mel.tables import Folds, ImageTable

Row = tuple[str, str | None, str | None, int]
SIIM = {
    "image_name": "image_id",
    "patient_id": "patient_id",
    "target": "target",
    "sex": "sex",
    "age_approx": "age",
    "anatom_site_general_challenge": "site",
}


def _table(rows: Iterable[Row]) -> ImageTable:
    """Rows of (patient, lesion, duplicate, target); patients called t… are in the test set."""
    columns = ("patient_id", "lesion_id", "duplicate_id", "target")
    frame = pl.DataFrame(list(rows), schema=dict.fromkeys(columns, pl.String), orient="row")
    test = pl.col("patient_id").str.starts_with("t")
    frame = frame.with_columns(
        pl.format("i{}", pl.int_range(pl.len()).cast(pl.String).str.zfill(3)).alias("image_id"),
        pl.when(test).then(None).otherwise(pl.col("target").cast(pl.Int8)).alias("target"),
        pl.when(test).then(pl.lit("test")).otherwise(pl.lit("train")).alias("split"),
        pl.lit("somewhere.jpg").alias("path"),
        pl.lit("drawn").alias("source"),
        *(pl.lit(None).alias(name) for name in ("sex", "age", "site")),
    )
    return ImageTable.of(frame, "drawn")


@pytest.fixture(scope="session")
def make_table() -> Callable[[Iterable[Row]], ImageTable]:
    """Make a table of rows (patient, lesion, duplicate, target); patients t… are test."""
    return _table


@pytest.fixture(scope="session")
def tables() -> st.SearchStrategy[ImageTable]:
    """Draw tables of up to 68 images, linked at random by patient, lesion and duplicate.

    Eight patients with a positive and a negative each come on top, so that folds can be made.
    """
    lesion = st.none() | st.sampled_from([f"l{n}" for n in range(12)])
    twin = st.none() | st.sampled_from([f"d{n}" for n in range(8)])
    patient = st.sampled_from([*(f"p{n:02d}" for n in range(20)), "t0", "t1", "t2"])
    row = st.tuples(patient, lesion, twin, st.sampled_from([0, 0, 0, 1]))
    core = [(f"c{n}", None, None, target) for n in range(8) for target in (0, 1)]
    return st.lists(row, max_size=52).map(lambda rows: _table([*rows, *core]))


@pytest.fixture(scope="session")
def siim(real_data: Path) -> ImageTable:
    """The real train table of 2020, the published duplicates as duplicate_id."""
    place = real_data / "siim2020"
    pairs = pl.read_csv(place / "ISIC_2020_Training_Duplicates.csv")
    pairs = pairs.with_columns(pl.col("image_name_1").alias("duplicate_id"))
    pairs = pairs.unpivot(
        on=["image_name_1", "image_name_2"], index="duplicate_id", value_name="image_id"
    ).select("image_id", "duplicate_id")
    frame = pl.read_csv(place / "train.csv").select(
        pl.col(name).alias(new) for name, new in SIIM.items()
    )
    frame = frame.join(pairs, on="image_id", how="left", validate="1:1").with_columns(
        pl.lit("train").alias("split"),
        pl.col("image_id").alias("path"),
        pl.lit("siim2020").alias("source"),
    )
    return ImageTable.of(frame, "siim2020")


@pytest.fixture(scope="session")
def foreign(real_data: Path) -> Callable[[str], Folds]:
    """Read the fold map that came with a public solution's out-of-fold scores."""

    def read(name: str) -> Folds:
        frame = pl.read_csv(real_data / "siim2020" / "oof" / f"{name}.csv")
        fold = pl.col("fold").rank("dense").cast(pl.Int16) - 1  # one of them counts from 1
        frame = frame.select(pl.col("image_name").alias("image_id"), fold)
        return Folds.of(frame, seed=0, method=name)

    return read
