"""Mixing two images mixes their labels by what is seen of each."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mel.cnn.augmenting import Mixture, mix
from mel.config import Augmentation

MIXUP, CUTMIX = Augmentation(mixup=1.0), Augmentation(cutmix=1.0)
BOTH = Augmentation(mixup=0.4, cutmix=1.0)


def _batch(count, classes=3, size=16):
    draw = np.random.default_rng(5)
    images = draw.integers(0, 256, (count, size, size, 3)).astype(np.uint8)
    labels = np.eye(classes, dtype=np.float32)[draw.integers(0, classes, count)]
    return images, labels, draw.uniform(0.5, 4, count).astype(np.float32)


def test_without_mixing_all_stay_as_they_are():
    batch = _batch(4)
    for before, after in zip(batch, mix(*batch, (0,), Augmentation()), strict=True):
        assert after is before


@settings(deadline=None)
@given(st.integers(0, 1000), st.sampled_from([MIXUP, CUTMIX, BOTH]), st.integers(1, 9))
def test_labels_are_convex_and_weights_between_those_mixed(step, how, count):
    images, labels, weights = _batch(count)
    seen, mixed, weighed = mix(images, labels, weights, (0, 0, 0, step), how)
    assert seen.dtype == np.uint8
    assert mixed.dtype == weighed.dtype == np.float32
    assert mixed.min() >= 0
    assert mixed.sum(axis=1) == pytest.approx(np.ones(count), abs=1e-6)
    assert weights.min() - 1e-5 <= weighed.min()
    assert weighed.max() <= weights.max() + 1e-5


@pytest.mark.parametrize("how", [MIXUP, CUTMIX, BOTH])
def test_the_loss_of_a_mixed_image_is_the_two_losses_by_their_shares(how):
    _, labels, weights = _batch(32)
    mixture = Mixture.of(32, 16, (0, 0, 0, 1), how)
    mixed, weighed = mixture.labels(labels, weights)
    logs = -np.log(np.random.default_rng(0).dirichlet(np.ones(3), 32))
    own = mixture.shares * weights * (labels * logs).sum(axis=1)
    other = labels[mixture.others] * logs
    foreign = (1 - mixture.shares) * weights[mixture.others] * other.sum(axis=1)
    assert weighed * (mixed * logs).sum(axis=1) == pytest.approx(own + foreign, rel=1e-5)


def test_with_equal_weights_a_label_is_the_share_itself():
    _, labels, _ = _batch(16)
    mixture = Mixture.of(16, 16, (0,), BOTH)
    mixed, weights = mixture.labels(labels, np.ones(16, dtype=np.float32))
    share = mixture.shares[:, None]
    assert mixed == pytest.approx(share * labels + (1 - share) * labels[mixture.others], abs=1e-6)
    assert weights == pytest.approx(np.ones(16))


def test_cutmix_pastes_pixels_and_the_label_has_the_area_pasted():
    for step in range(10):
        mixture = Mixture.of(12, 16, (0, step), CUTMIX)
        black = np.zeros((12, 16, 16, 3), dtype=np.uint8)
        black[0] = 255
        mixed = mixture.images(black)
        assert set(np.unique(mixed)) <= {0, 255}
        assert mixed[0].mean() / 255 == pytest.approx(mixture.shares[0], abs=1e-6)
        (host,) = np.flatnonzero(mixture.others == 0)
        assert mixed[host].mean() / 255 == pytest.approx(1 - mixture.shares[host], abs=1e-6)


def test_mixup_adds_pixels_by_the_share_to_the_nearest_level():
    images, _, _ = _batch(8)
    mixture = Mixture.of(8, 16, (0,), MIXUP)
    share = mixture.shares[:, None, None, None].astype(np.float64)
    expected = share * images + (1 - share) * images[mixture.others]
    assert np.abs(mixture.images(images) - expected).max() <= 0.51


def test_with_both_each_image_is_mixed_by_one_of_them_and_both_occur():
    mixture = Mixture.of(200, 16, (0,), BOTH)
    cut = mixture.boxes.any(axis=1)
    assert 70 < cut.sum() < 130
    assert (mixture.blends[cut] == 1).all()
    assert (mixture.blends[~cut] == mixture.shares[~cut]).all()


def test_an_image_is_mixed_with_another_one_and_each_is_taken_once():
    others = Mixture.of(9, 16, (0,), MIXUP).others
    assert sorted(others) == list(range(9))
    assert (others != np.arange(9)).all()


def test_other_values_are_mixed_by_the_share():
    mixture, values = Mixture.of(5, 16, (0,), BOTH), np.arange(10, dtype=np.float32).reshape(5, 2)
    share = mixture.shares[:, None]
    expected = share * values + (1 - share) * values[mixture.others]
    assert mixture.mean(values) == pytest.approx(expected)


def test_the_same_seed_mixes_the_same_and_another_step_otherwise():
    first, again = (Mixture.of(8, 16, (0, 0, 0, 1), BOTH) for _ in range(2))
    assert np.array_equal(first.shares, again.shares)
    assert not np.array_equal(first.shares, Mixture.of(8, 16, (0, 0, 0, 2), BOTH).shares)
