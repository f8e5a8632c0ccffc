"""Activation maps add up to the logit: place by place, with an offset that no place has."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mel.cnn import explain
from mel.cnn.jobs.explain import positive_map
from mel.cnn.labels import Labels
from mel.errors import MelError
from mel.predictions import Predictions
from mel.tables import ImageTable

Trained = tuple[Path, Predictions, Predictions]


def test_the_mean_of_a_map_with_the_offset_is_the_logit_and_scores_are_the_members_own(
    trained: Trained, small: ImageTable
) -> None:
    """The offset is the mean bias of the folds: no image changes it."""
    out, _, test = trained
    listed = small.test.sample(fraction=1, shuffle=True, seed=2)
    found = explain(out, listed)
    assert found.maps.dtype == np.float32
    assert found.maps.ndim == 3
    assert min(found.maps.shape[1:]) > 1
    assert list(found.image_ids) == test.frame["image_id"].to_list()
    assert np.allclose(found.maps.mean(axis=(1, 2)) + found.offsets, found.logits, atol=1e-5)
    assert np.ptp(found.offsets) < 1e-4
    assert np.ptp(found.logits) > 1e-3
    assert np.allclose(found.scores, test.frame["score"], atol=1e-6)


def test_train_images_are_explained_by_the_fold_that_held_them_out(
    trained: Trained, small: ImageTable
) -> None:
    out, oof, _ = trained
    some = small.train.filter(pl.col("image_id").is_in(["img00", "img07"]))
    with pytest.raises(MelError, match="was trained on image img00"):
        explain(out, some)
    found = explain(out, some, trained_on="out-of-fold")
    expected = oof.frame.filter(pl.col("image_id").is_in(["img00", "img07"]))["score"]
    assert np.allclose(found.scores, expected, atol=1e-6)


@given(seed=st.integers(0, 50))
def test_classes_count_as_much_as_they_move_the_read_out_logit(seed: int) -> None:
    labels = Labels(("a", "b", "c", "d"), (True, False, True, False))
    draw = np.random.default_rng(seed)
    logits = draw.normal(0, 3, (1, 4))
    step = 1e-6
    slopes = [
        (labels.read_out(logits + step * one) - labels.read_out(logits - step * one)) / (2 * step)
        for one in np.eye(4)
    ]
    maps = draw.normal(0, 1, (1, 2, 3, 4))
    expected = maps @ np.array(slopes)[:, 0]
    assert np.allclose(positive_map(logits, maps, labels), expected, atol=1e-5)


def test_a_single_output_has_its_own_map() -> None:
    maps = np.random.default_rng(0).normal(0, 1, (3, 2, 2, 1))
    assert np.array_equal(positive_map(np.ones((3, 1)), maps, Labels()), maps[..., 0])
