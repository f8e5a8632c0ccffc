"""What is taught: labels by id, and weights as the recipe says."""

import numpy as np
import polars as pl
import pytest

from mel.cnn.feeding import Examples, check_sources, open_pictures
from mel.cnn.labels import Labels
from mel.config import CnnSettings, HardwareSettings
from mel.errors import MelError
from mel.metadata import encode_metadata


@pytest.fixture
def pictures(small, tmp_path):
    return open_pictures(small.frame, 16, tmp_path, HardwareSettings(pixels="decoded"))


def _of(frame, pictures, labels=Labels(), **settings):  # noqa: B008
    return Examples.of(frame, pictures, CnnSettings(**settings), labels)


def test_rows_labels_and_targets_are_joined_by_id_whatever_the_order(small, pictures):
    one = _of(small.train, pictures)
    other = _of(small.train.sample(fraction=1.0, shuffle=True, seed=2), pictures)
    ids = small.train.sort("image_id")["image_id"].to_list()
    assert np.array_equal(one.rows, pictures.rows_of(ids))
    for name in ("rows", "labels", "target", "weights"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    assert np.array_equal(one.labels[:, 0], one.target)
    assert one.labels.dtype == one.weights.dtype == np.float32
    assert one.target.dtype == one.rows.dtype == np.int64
    assert one.metadata is None
    assert len(one) == small.train.height


def test_without_weights_all_weigh_one(small, pictures):
    assert (_of(small.train, pictures).weights == 1).all()


def test_a_positive_weighs_what_was_asked_for(small, pictures):
    found = _of(small.train, pictures, positive_weight=3.5)
    assert set(found.weights[found.target == 1]) == {3.5}
    assert set(found.weights[found.target == 0]) == {1.0}


@pytest.mark.parametrize("positives", [1, 5, 12])
def test_balanced_classes_have_equal_sums_that_add_up_to_the_count(small, pictures, positives):
    frame = pl.concat(
        [
            small.train.filter(pl.col("target") == 1).head(positives),
            small.train.filter(pl.col("target") == 0).head(20),
        ]
    )
    found = _of(frame, pictures, positive_weight="balanced")
    sums = [found.weights[found.target == label].sum() for label in (0, 1)]
    assert sums == pytest.approx([(20 + positives) / 2] * 2, rel=1e-5)


def test_balanced_counts_the_rows_given_and_no_others(small, pictures):
    fewer = small.train.filter((pl.col("target") == 0) | (pl.col("image_id") == "img00"))
    found = _of(fewer, pictures, positive_weight="balanced")
    assert found.weights.max() == pytest.approx(fewer.height / 2)


def test_a_fold_of_one_class_is_weighed_without_a_division_by_zero(small, pictures):
    benign = small.train.filter(pl.col("target") == 0)
    weights = _of(benign, pictures, positive_weight="balanced").weights
    assert np.isfinite(weights).all()


def test_a_source_has_its_weight_on_top_of_the_classes(small, pictures):
    source = pl.when(pl.col("image_id") < "img20").then(pl.lit("old")).otherwise(pl.lit("new"))
    frame = small.train.with_columns(source=source).sort("image_id")
    found = _of(frame, pictures, source_weights={"old": 0.25}, positive_weight=2.0)
    expected = np.where(frame["source"] == "old", 0.25, 1.0) * (1 + found.target)
    assert found.weights == pytest.approx(expected)


def test_external_images_are_taught_and_test_images_refused(small, pictures):
    outside = small.train.head(5).with_columns(split=pl.lit("external"))
    assert len(_of(outside, pictures)) == 5
    with pytest.raises(MelError, match=r"'img12': has no target"):
        _of(small.frame, pictures)


def test_a_source_that_no_image_has_is_refused_with_near_names(small):
    with pytest.raises(MelError, match="no image is of source 'mode'; did you mean 'made'"):
        check_sources(small.frame, CnnSettings(source_weights={"mode": 0.5}))
    check_sources(small.frame, CnnSettings(source_weights={"made": 0.5}))


def test_diagnoses_and_metadata_are_encoded_as_everywhere(small, pictures):
    malignant = pl.when(pl.col("target") == 1).then(pl.lit("melanoma"))
    frame = small.train.with_columns(
        diagnosis=malignant.otherwise(pl.lit("nevus")), age=pl.lit(45.0), sex=pl.lit("male")
    ).sort("image_id")
    labels = Labels.of(frame, "diagnosis")
    found = _of(frame, pictures, labels, head="diagnosis", metadata=True)
    assert np.array_equal(found.labels, labels.encode(frame))
    assert np.array_equal(found.metadata, encode_metadata(frame))
