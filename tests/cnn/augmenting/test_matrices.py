"""What is drawn lies within what was asked for, and each change does what its name says."""

import numpy as np
import pytest

from mel.cnn.augmenting import augment, matrices
from mel.cnn.augmenting.matrices import affine, colour
from mel.config import Augmentation

MANY, SIZE = 2000, 101


def _views(**settings):
    return affine(MANY, SIZE, (0,), Augmentation(flips=False, **settings))


def test_rotation_turns_about_the_centre_by_angles_in_its_range():
    views = _views(rotation=30)
    angles = np.rad2deg(np.arctan2(views[:, 1, 0], views[:, 0, 0]))
    assert -30 <= angles.min() < -29
    assert 29 < angles.max() <= 30
    assert np.linalg.det(views[:, :, :2]) == pytest.approx(np.ones(MANY))
    assert views @ (50, 50, 1) == pytest.approx(np.full((MANY, 2), 50.0))


def test_shear_keeps_the_area_and_the_lines_along_x():
    views = _views(shear=20)
    assert (views[:, 1, :2] == (0, 1)).all()
    assert np.rad2deg(np.arctan(np.abs(views[:, 0, 1]))).max() == pytest.approx(20, abs=0.5)
    assert views @ (50, 50, 1) == pytest.approx(np.full((MANY, 2), 50.0))


def test_zoom_is_a_view_of_the_image_anywhere_in_it():
    views = _views(zoom=0.4)
    sides = views[:, 0, 0]
    assert 0.6 <= sides.min() < 0.61
    assert 0.99 < sides.max() <= 1
    corners = np.stack([views @ (x, y, 1) for x in (-0.5, 100.5) for y in (-0.5, 100.5)])
    assert corners.min() >= -0.5 - 1e-9
    assert corners.max() <= 100.5 + 1e-9
    assert corners.min() < 0 < 100 < corners.max()


def test_a_shift_is_a_part_of_the_side_in_each_direction():
    views = _views(shift=0.1)
    assert (views[:, :, :2] == np.eye(2)).all()
    moved = views[:, :, 2] / SIZE
    assert np.abs(moved).max() == pytest.approx(0.1, abs=1e-3)
    assert moved.min() < -0.09 < 0.09 < moved.max()


def test_with_flips_all_eight_come_equally_often():
    views = affine(8000, SIZE, (0,), Augmentation(flips=True))
    kinds, counts = np.unique(np.rint(views[:, :, :2]).reshape(-1, 4), axis=0, return_counts=True)
    assert len(kinds) == 8
    assert counts.min() > 850


def _colours(rgb, **settings):
    means = np.full(MANY, 120.0)
    matrices = colour(means, (0,), Augmentation(**settings))
    return matrices @ np.array([*rgb, 1.0])


def test_brightness_adds_the_same_to_all_three():
    seen = _colours((10, 100, 200), brightness=0.2) - (10, 100, 200)
    assert np.abs(seen).max() == pytest.approx(51, abs=1)
    assert np.ptp(seen, axis=1).max() < 1e-3


def test_contrast_keeps_the_mean_and_scales_what_is_off_it():
    assert _colours((120, 120, 120), contrast=0.5) == pytest.approx(120, abs=1e-3)
    factors = (_colours((220, 220, 220), contrast=0.5)[:, 0] - 120) / 100
    assert factors.min() == pytest.approx(0.5, abs=0.01)
    assert factors.max() == pytest.approx(1.5, abs=0.01)


@pytest.mark.parametrize("change", [{"saturation": 0.9}, {"hue": 180.0}])
def test_saturation_and_hue_leave_greys_and_the_mean_of_the_three(change):
    assert _colours((90, 90, 90), **change) == pytest.approx(90, abs=1e-3)
    seen = _colours((30, 90, 180), **change)
    assert seen.mean(axis=1) == pytest.approx(np.full(MANY, 100), abs=1e-3)
    assert np.ptp(seen[:, 0]) > 10


def test_hue_keeps_how_far_a_colour_is_from_grey_and_turns_it_within_its_range():
    seen = _colours((30, 90, 180), hue=25) - 100
    length = np.linalg.norm(seen, axis=1)
    assert length == pytest.approx(np.full(MANY, np.linalg.norm([-70, -10, 80])), rel=1e-4)
    angles = np.rad2deg(np.arccos(np.clip(seen @ (-70, -10, 80) / length**2, -1, 1)))
    assert angles.max() == pytest.approx(25, abs=0.2)


def test_a_hue_of_a_third_turn_takes_red_to_green(monkeypatch):
    monkeypatch.setattr(matrices, "uniform", lambda seed, kind, count, most: np.full(count, most))
    turned = colour(np.zeros(1), (0,), Augmentation(hue=120)) @ np.array([200, 0, 0, 1])
    assert turned[0] == pytest.approx([0, 200, 0], abs=1e-3)


def test_contrast_is_about_each_images_own_mean(smooth):
    both = np.stack([smooth[0] // 2, smooth[0] // 2 + 100])
    changed = augment(both, (0, 0, 0, 0), Augmentation(flips=False, contrast=0.4))
    before, after = both.mean(axis=(1, 2, 3)), changed.mean(axis=(1, 2, 3))
    assert after == pytest.approx(before, abs=0.5)
