"""Augmentation changes images, repeatably, within bounds, and only as asked."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mel.cnn.augmenting import augment
from mel.config import Augmentation

NONE = Augmentation(flips=False)
ALL = Augmentation(
    rotation=180,
    shear=20,
    zoom=0.3,
    shift=0.2,
    brightness=0.2,
    contrast=0.3,
    saturation=0.3,
    hue=20,
    cutout=0.3,
    hair_share=0.7,
    border_share=0.5,
)
EACH = {
    name: NONE.model_copy(update={name: getattr(ALL, name)})
    for name in sorted(ALL.model_fields_set)
}


def test_with_nothing_asked_the_pixels_stay_as_they_are(noise):
    assert np.array_equal(augment(noise, (0, 0, 0, 0), NONE), noise)


def test_shares_of_nothing_change_nothing(noise):
    idle = NONE.model_copy(update={"cutout_share": 0.0, "cutout": 0.5})
    assert np.array_equal(augment(noise, (0, 0, 0, 0), idle), noise)


@pytest.mark.parametrize("name", EACH)
def test_each_change_alone_changes_pixels_and_leaves_what_was_given(noise, name):
    before = noise.copy()
    changed = [augment(noise, (0, 0, 0, step), EACH[name]) for step in range(4)]
    assert any(not np.array_equal(images, before) for images in changed)
    assert np.array_equal(noise, before)
    for images in changed:
        assert images.dtype == np.uint8
        assert images.shape == noise.shape


@pytest.mark.parametrize("settings", [*EACH.values(), ALL], ids=[*EACH, "all"])
def test_the_same_seed_gives_the_same_batch_and_another_step_or_epoch_another(noise, settings):
    first = augment(noise, (1, 2, 3, 4), settings)
    assert np.array_equal(first, augment(noise, (1, 2, 3, 4), settings))
    others = [augment(noise, key, settings) for key in ((1, 2, 3, 5), (1, 2, 4, 4), (1, 3, 3, 4))]
    assert any(not np.array_equal(first, other) for other in others)


def test_the_images_of_a_batch_are_changed_each_by_its_own_draws(smooth):
    same = np.repeat(smooth[:1], 8, axis=0)
    changed = augment(same, (0, 0, 0, 0), ALL)
    assert len({image.tobytes() for image in changed}) == 8


def test_what_an_image_becomes_does_not_depend_on_the_others_pixels(noise):
    """Its place in the batch tells its draws; the rest of the batch tells nothing."""
    alone = augment(noise, (0, 0, 0, 1), ALL)
    others = noise.copy()
    others[1:] = 255 - others[1:]
    assert np.array_equal(augment(others, (0, 0, 0, 1), ALL)[0], alone[0])


def test_one_change_more_leaves_the_draws_of_the_others(smooth):
    turned = augment(smooth, (0, 0, 0, 3), Augmentation(flips=True))
    darker = augment(smooth, (0, 0, 0, 3), Augmentation(flips=True, cutout=0.01, cutout_share=1.0))
    assert (turned != darker).any(axis=3).sum() <= len(smooth)  # a pixel an image


def test_threads_change_nothing(smooth):
    keys = [(0, 0, 0, step) for step in range(24)]
    alone = [augment(smooth, key, ALL) for key in keys]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda key: augment(smooth, key, ALL), keys))
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def test_a_batch_that_is_a_view_of_another_array_is_read_rightly(noise):
    view = noise[:, ::-1]
    expected = augment(view.copy(), (0, 0, 0, 0), ALL)
    assert np.array_equal(augment(view, (0, 0, 0, 0), ALL), expected)


def test_flips_and_quarter_turns_move_pixels_and_change_none(noise):
    seen = set()
    for step in range(20):
        changed = augment(noise, (0, 0, 0, step), Augmentation(flips=True))
        for before, after in zip(noise, changed, strict=True):
            ways = [np.rot90(img, k) for img in (before, before[:, ::-1]) for k in range(4)]
            matches = [np.array_equal(after, way) for way in ways]
            assert sum(matches) == 1
            seen.add(matches.index(True))
    assert seen == set(range(8))


@given(st.integers(0, 2**31 - 1), st.integers(0, 20), st.integers(0, 500), st.integers(0, 2**20))
def test_any_seed_that_settings_allow_is_a_seed(seed, fold, epoch, step):
    image = np.full((1, 16, 16, 3), 100, dtype=np.uint8)
    assert augment(image, (seed, fold, epoch, step), ALL).shape == image.shape


def test_it_needs_no_tensorflow():
    code = "import sys, mel.cnn.augmenting; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"tensorflow", "keras", "jax"} & set(done.stdout.split())
