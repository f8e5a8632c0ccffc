"""Hairs, rims and squares cover what they should, on as many images as they should."""

import numpy as np
import pytest

from mel.cnn.augmenting.covering import cover
from mel.config import Augmentation

SIZE = 128


@pytest.fixture(scope="module")
def skin():
    return np.full((40, SIZE, SIZE, 3), (200, 160, 150), dtype=np.uint8)


def _changed(skin, **settings):
    covered = cover(skin, (0, 0, 0, 0), Augmentation(flips=False, **settings))
    return covered, (covered != skin).any(axis=3)


def test_cutout_blanks_a_square_of_its_size_and_nothing_else(skin):
    covered, where = _changed(skin, cutout=0.25, cutout_share=1.0)
    for image, mask in zip(covered, where, strict=True):
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        assert len(rows) == len(columns) == 32
        assert mask.sum() == 32 * 32
        assert (image[mask] == 0).all()


@pytest.mark.parametrize("name", ["hair_share", "border_share", "cutout_share"])
def test_a_share_is_the_part_of_the_images_that_is_changed(skin, name):
    many = np.repeat(skin, 5, axis=0)
    parts = {}
    for share in (0.0, 0.3, 1.0):
        _, where = _changed(many, **{name: share}, cutout=0.2 * (name == "cutout_share"))
        parts[share] = where.any(axis=(1, 2)).mean()
    assert parts[0.0] == 0
    assert 0.2 < parts[0.3] < 0.4
    assert parts[1.0] > 0.97  # a hair may lie outside


def test_hairs_are_thin_dark_and_of_a_random_number(skin):
    covered, where = _changed(skin, hair_share=1.0)
    shares = where.mean(axis=(1, 2))
    assert shares.max() < 0.25
    assert shares.std() > 0.01
    assert (covered <= skin).all()
    assert covered[where].mean() < 150


def test_the_edges_of_hairs_are_smooth(skin):
    covered, where = _changed(skin, hair_share=1.0)
    assert len(np.unique(covered[where][:, 0])) > 100


def test_a_rim_is_dark_outside_a_circle_and_leaves_the_middle(skin):
    covered, where = _changed(skin, border_share=1.0)
    y, x = np.mgrid[:SIZE, :SIZE]
    far = np.hypot(x - 63.5, y - 63.5) / SIZE
    assert not where[:, far < 0.3].any()
    corners = covered[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert corners.max() < 60
    assert len({tuple(corner[0]) for corner in corners}) > 5


def test_a_rim_changes_from_light_to_dark_without_a_step(skin):
    covered, _ = _changed(skin, border_share=1.0)
    line = covered[0, SIZE // 2].astype(int)
    assert np.abs(np.diff(line[:, 0])).max() < 195
    assert (np.diff(line[SIZE // 2 :, 0]) <= 0).all()


def test_what_was_given_is_left_as_it_is(skin):
    before = skin.copy()
    cover(skin, (1,), Augmentation(hair_share=1.0, border_share=1.0, cutout=0.3))
    assert np.array_equal(skin, before)


@pytest.mark.parametrize("size", [16, 31])
def test_small_images_are_covered_too(size):
    image = np.full((20, size, size, 3), 150, dtype=np.uint8)
    settings = Augmentation(hair_share=1.0, border_share=1.0, cutout=0.9, cutout_share=1.0)
    assert cover(image, (0,), settings).shape == image.shape
