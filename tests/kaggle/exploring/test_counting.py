import polars as pl
import pytest

from mel.errors import MelError
from mel.kaggle.exploring.counting import (
    contradictions,
    missing_values,
    patient_sizes,
    split_counts,
)
from mel.kaggle.exploring.twins import Twins, count_twins


def test_the_splits_are_counted(make) -> None:
    table = make(30, 12)
    counts = split_counts(table)
    assert counts["split"].to_list() == ["train", "test"]
    assert counts["images"].to_list() == [30, 12]
    assert counts["patients"].to_list() == [10, 4]
    train, test = counts.rows(named=True)
    assert train["positives"] == table.train["target"].sum()
    assert train["low"] < train["share"] < train["high"]
    assert test["positives"] is test["share"] is test["low"] is test["positive_patients"] is None
    assert (train["median_images"], train["most_images"]) == (3, 3)
    ill = table.train.filter(pl.col("target") == 1)["patient_id"].n_unique()
    assert train["positive_patients"] == ill


def test_external_images_are_counted_apart(make) -> None:
    splits = ["train"] * 30 + ["external"] * 12
    targets = [n % 2 for n in range(42)]
    counts = split_counts(make(30, 12, split=splits, target=targets))
    assert counts["split"].to_list() == ["train", "external"]
    assert counts["positives"].to_list() == [15, 6]


def test_what_is_missing_is_counted_a_column_and_a_split(make) -> None:
    sex = [None] * 6 + ["male"] * 24 + [None] * 3 + ["female"] * 9
    found = missing_values(make(30, 12, sex=sex, width=[100] * 30 + [None] * 12))
    known = {(row["column"], row["split"]): row for row in found.iter_rows(named=True)}
    assert known["sex", "train"]["missing"] == 6
    assert known["sex", "train"]["share"] == pytest.approx(0.2)
    assert known["sex", "test"]["missing"] == 3
    assert known["width", "test"]["share"] == 1.0
    assert known["age", "train"]["missing"] == 0


def test_test_images_lack_no_diagnosis_since_they_can_have_none(make) -> None:
    found = missing_values(make(30, 12, diagnosis=["nevus"] * 30 + [None] * 12))
    assert found.filter(pl.col("column") == "diagnosis")["split"].to_list() == ["train"]


def test_patients_spread_over_the_bands(make) -> None:
    found = patient_sizes(make(30, 12))
    assert found.rows() == [("test", "3 to 5", 4, 1.0), ("train", "3 to 5", 10, 1.0)]


def test_patients_that_contradict_themselves_are_counted(make) -> None:
    sex = ["male", "female", None] + ["male"] * 27 + [None] * 12
    ages = [float(n // 3) for n in range(42)]
    ages[4] = None
    found = contradictions(make(30, 12, sex=sex, age=ages))
    assert (found["sex"], found["age"]) == (1, 0)


def test_copies_are_counted_with_what_they_cross(make) -> None:
    ids = ["a", "a", "b", "b", None, None, "unknown", "unknown", "c"] + [None] * 33
    patients = ["p", "p", "p", "q"] + [f"x{n}" for n in range(38)]
    targets = [1, 0] + [0] * 28 + [None] * 12
    table = make(30, 12, duplicate_id=ids, patient_id=patients, target=targets)
    assert count_twins(table) == [Twins("groups", 2, 4, 1, 0, 1)]


def test_pairs_that_were_found_count_too_and_strangers_do_not(make) -> None:
    table = make(30, 12)
    pairs = pl.DataFrame(
        {
            "image_id_1": ["i00000", "i00000", "gone"],
            "image_id_2": ["i00001", "i00040", "i00002"],
        }
    )
    assert count_twins(table, pairs) == [Twins("pairs", 2, 3, 1, 1, 0)]
    with pytest.raises(MelError, match="no column 'image_id_2'"):
        count_twins(table, pairs.drop("image_id_2"))
