"""Augmentation changes images, repeatably, within bounds, and only as asked."""

from typing import Any

import numpy as np
import pytest

from mel.config import Augmentation

NONE = Augmentation(flips=False)
ALL = Augmentation(flips=True, zoom=0.2, brightness=0.1, contrast=0.3, saturation=0.3)


@pytest.fixture(scope="module")
def batch() -> Any:
    return np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3)).astype(np.uint8)


def _augment(batch: Any, seed: tuple[int, int], settings: Augmentation) -> Any:
    from mel.cnn.augmenting import augment

    return augment(batch, np.array(seed, dtype=np.int32), settings).numpy()


def test_with_nothing_asked_the_pixels_stay_as_they_are(batch: Any) -> None:
    assert np.array_equal(_augment(batch, (0, 0), NONE), batch)


def test_the_same_seed_gives_the_same_batch_and_another_step_another(batch: Any) -> None:
    first = _augment(batch, (1, 2), ALL)
    assert np.array_equal(first, _augment(batch, (1, 2), ALL))
    assert not np.array_equal(first, _augment(batch, (1, 3), ALL))


def test_values_stay_between_0_and_255(batch: Any) -> None:
    changed = _augment(batch, (1, 2), ALL)
    assert changed.dtype == np.float32
    assert changed.min() >= 0
    assert changed.max() <= 255


def test_flips_and_quarter_turns_move_pixels_and_change_none(batch: Any) -> None:
    seen = set()
    for step in range(20):
        changed = _augment(batch, (0, step), Augmentation(flips=True))
        for before, after in zip(batch, changed, strict=True):
            ways = [np.rot90(img, k) for img in (before, before[:, ::-1]) for k in range(4)]
            matches = [np.allclose(after, way, atol=0.01) for way in ways]
            assert sum(matches) == 1
            seen.add(matches.index(True))
    assert seen == set(range(8))
