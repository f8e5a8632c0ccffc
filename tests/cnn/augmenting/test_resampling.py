"""The one pass over the pixels: exact where it can be, and near the plain formula elsewhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mel.cnn.augmenting.recolouring import means, recolour
from mel.cnn.augmenting.resampling import resample
from mel.cnn.augmenting.turning import turn

IDENTITY = np.array([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
SAME = np.array([[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]], dtype=np.float32)


def about_centre(linear, size, offset=(0.0, 0.0)):
    middle = np.full(2, (size - 1) / 2)
    moved = middle + offset - linear @ middle
    return np.concatenate([linear, moved[:, None]], axis=1)[None]


def rotation(degrees, scale=1.0):
    angle = np.deg2rad(degrees)
    return scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def plainly(image, affine):
    """The formula in float64, pixel by pixel: bilinear, mirrored about the outer pixels."""
    size = len(image)
    y, x = np.mgrid[:size, :size]
    px, py = (row[0] * x + row[1] * y + row[2] for row in affine)
    left, top = np.floor(px).astype(int), np.floor(py).astype(int)
    total = 0.0
    for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1)):
        weight = np.abs(1 - dx - (px - left)) * np.abs(1 - dy - (py - top))
        rows, columns = (
            np.abs((at + (size - 1)) % (2 * (size - 1)) - (size - 1))
            for at in (top + dy, left + dx)
        )
        total = total + weight[..., None] * image[rows, columns]
    return total


def test_the_identity_gives_the_pixels_themselves(noise):
    same = np.repeat(IDENTITY, len(noise), axis=0)
    assert np.array_equal(resample(noise, same, None), noise)
    assert np.array_equal(resample(noise, same, np.repeat(SAME, len(noise), axis=0)), noise)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_rotation_by_quarters_about_the_centre_is_the_exact_turn(noise, quarters):
    affine = np.repeat(about_centre(rotation(90 * quarters), 16), len(noise), axis=0)
    expected = np.rot90(noise, quarters, axes=(1, 2))
    assert np.array_equal(resample(noise, affine, None), expected)
    assert np.array_equal(turn(noise, affine), expected)


def test_a_shift_by_whole_pixels_moves_them_and_mirrors_the_edge(noise):
    affine = np.repeat(about_centre(np.eye(2), 16, (3, 0)), len(noise), axis=0)
    moved = resample(noise, affine, None)
    assert np.array_equal(moved[:, :, :13], noise[:, :, 3:])
    assert np.array_equal(moved[:, :, 13:], noise[:, :, -2:-5:-1])


@settings(deadline=None, max_examples=60)
@given(
    st.floats(-180, 180),
    st.floats(0.05, 1.0),
    st.floats(-45, 45),
    st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
    st.sampled_from([16, 17, 40]),
)
def test_any_view_is_within_a_level_of_the_plain_formula(degrees, scale, shear, shift, size):
    """A smooth picture: places are rounded to 1/64 of a pixel, which grain would make levels."""
    y, x = np.mgrid[:size, :size] / size
    image = np.stack([255 * x, 255 * y, 127 + 100 * np.sin(5 * x * y)], axis=2).astype(np.uint8)
    slant = np.array([[1, np.tan(np.deg2rad(shear))], [0, 1]])
    affine = about_centre(rotation(degrees, scale) @ slant, size, size * np.array(shift))
    found = resample(image[None], affine, None)[0]
    assert np.abs(found - plainly(image, affine[0])).max() <= 0.5 + 2 * 255 / size / 64


def test_a_constant_image_stays_constant_under_any_view():
    image = np.full((1, 32, 32, 3), (3, 128, 255), dtype=np.uint8)
    affine = about_centre(rotation(33, 0.7), 32, (20.3, -11.9))
    assert np.array_equal(resample(image, affine, None), image)


def test_colours_are_changed_as_the_matrix_says_and_clipped(smooth):
    matrix = np.array([[[0.9, 0.2, 0, 30], [0, 1.5, 0, -40], [-0.5, 0, 0.7, 10]]], dtype=np.float32)
    wide = np.concatenate([smooth[:1], np.ones((1, 64, 64, 1))], axis=3, dtype=np.float64)
    expected = np.clip(wide @ matrix[0].T, 0, 255)
    changed = smooth[:1].copy()
    recolour(changed, matrix)
    assert np.abs(changed - expected).max() <= 0.501
    seen = resample(smooth[:1], IDENTITY, matrix)
    assert np.array_equal(seen, changed)
    hot = matrix + np.float32(400)
    assert resample(smooth[:1], IDENTITY, hot).min() == 255
    assert resample(smooth[:1], IDENTITY, -hot).max() == 0


def test_a_mean_is_that_of_all_pixels_and_colours(noise):
    assert means(noise) == pytest.approx(noise.mean(axis=(1, 2, 3)))
