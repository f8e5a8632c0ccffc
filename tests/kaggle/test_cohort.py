"""Synthetic patients: exact counts, skewed patients, positives spread out, metadata that tell."""

from itertools import product

import polars as pl
import pytest

from mel.kaggle.cohort import SIZES, draw_patients
from mel.metrics import auc


@pytest.mark.parametrize(("size", "split"), list(product(SIZES, ("train", "test"))))
def test_the_counts_are_the_planned_ones_at_every_seed(size, split) -> None:
    plan = SIZES[size][split]
    for seed in range(5):
        frame = draw_patients(size, split, seed)
        assert frame.height == plan.images
        assert frame["target"].sum() == plan.positives
        assert frame["picture"].is_duplicated().sum() == 2 * plan.duplicates


def test_full_train_is_under_five_percent_positive_and_skewed() -> None:
    frame = draw_patients("full", "train", 0)
    images = frame.group_by("patient").len()["len"]
    assert frame["target"].mean() < 0.05
    assert 150 < len(images) < 400
    assert (images.min(), images.max()) == (1, 40)
    assert images.median() < images.mean()


@pytest.mark.parametrize(("size", "folds"), [("full", 5), ("small", 4), ("tiny", 2)])
def test_positive_patients_suffice_for_the_folds(size, folds) -> None:
    for seed in range(10):
        positive = draw_patients(size, "train", seed).filter(pl.col("target") == 1)
        assert positive["patient"].n_unique() >= 2 * folds


def test_values_go_missing_as_in_the_real_tables() -> None:
    """Sex and age for whole patients and only in train, the site for single images."""
    train, test = draw_patients("full", "train", 0), draw_patients("full", "test", 0)
    for column in ("sex", "age"):
        lost = train.filter(pl.col(column).is_null())["patient"].unique().implode()
        rows = train.filter(pl.col("patient").is_in(lost))
        assert rows.height == rows[column].null_count() > 0
        assert test[column].null_count() == 0
    assert 0 < train["site"].null_count() < 0.05 * train.height
    assert test["site"].null_count() > 0


def test_age_carries_some_signal_and_not_all() -> None:
    scores = []
    for seed in range(5):
        frame = draw_patients("full", "train", seed).drop_nulls("age")
        scores.append(auc(frame["target"].to_numpy(), frame["age"].to_numpy()))
    assert 0.55 < sum(scores) / len(scores) < 0.8
