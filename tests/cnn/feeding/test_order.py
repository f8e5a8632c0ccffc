"""The order of training images is fixed by its key and fair to each image."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mel.cnn.feeding.order import epoch_order, steps_per_epoch
from mel.config import CnnSettings
from mel.errors import MelError


@given(st.integers(1, 200), st.integers(1, 64), st.integers(0, 5))
def test_an_epoch_is_whole_batches_and_shows_no_image_twice_before_all(
    count: int, batch: int, epoch: int
) -> None:
    settings = CnnSettings(batch_size=batch)
    order = epoch_order(np.arange(count) % 2, settings, (0, 0, epoch))
    assert len(order) == steps_per_epoch(count, batch) * batch
    times = np.bincount(order, minlength=count)
    assert times.max() - times.min() <= 1


def test_the_same_key_gives_the_same_order_and_another_epoch_another() -> None:
    target = np.arange(100) % 2
    first = epoch_order(target, CnnSettings(), (1, 2, 3))
    assert np.array_equal(first, epoch_order(target, CnnSettings(), (1, 2, 3)))
    assert not np.array_equal(first, epoch_order(target, CnnSettings(), (1, 2, 4)))


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_a_positive_share_is_met_and_uses_every_positive(share: float) -> None:
    target = (np.arange(6400) % 64 == 0).astype(np.int64)
    order = epoch_order(target, CnnSettings(positive_share=share), (0, 0, 0))
    assert target[order].mean() == pytest.approx(share, abs=0.02)
    assert set(np.flatnonzero(target)) <= set(order)


@pytest.mark.parametrize("label", [0, 1])
def test_a_share_of_a_class_that_is_not_there_is_refused(label: int) -> None:
    with pytest.raises(MelError, match=r"0\.5 cannot be met: the 9 .* all of one target"):
        epoch_order(np.full(9, label), CnnSettings(positive_share=0.5), (0, 0, 0))
