"""What is scored comes in its order, a batch at a time, read ahead by a little only."""

import threading

import numpy as np
import pytest

from mel.cnn.feeding import open_pictures, scoring
from mel.config import HardwareSettings
from mel.errors import ImageError


@pytest.fixture
def pictures(small, tmp_path):
    return open_pictures(small.frame, 16, tmp_path, HardwareSettings(pixels="decoded"))


@pytest.mark.parametrize("batch", [1, 7, 16, 100])
def test_batches_in_a_row_are_the_pictures_in_their_order(pictures, batch):
    rows = np.random.default_rng(0).permutation(48)[:41]
    found = list(scoring(pictures, rows, batch))
    assert [len(images) for images in found[:-1]] == [batch] * (len(found) - 1)
    assert np.array_equal(np.concatenate(found), pictures.take(rows))


def test_nothing_to_score_gives_no_batch(pictures):
    assert list(scoring(pictures, np.array([], dtype=np.int64), 8)) == []


def test_few_batches_are_read_ahead_however_many_there_are(pictures):
    taken = []

    class Watched:
        def take(self, rows):
            taken.append(len(rows))
            return pictures.take(rows)

    before = set(threading.enumerate())
    batches = scoring(Watched(), np.arange(48), 4)
    next(batches)
    assert sum(taken) <= 12
    batches.close()
    new = set(threading.enumerate()) - before
    assert not [thread for thread in new if "ThreadPool" in thread.name and thread.is_alive()]


def test_a_broken_picture_ends_them_with_its_name(pictures):
    paths = list(pictures.paths)
    paths[20] = "gone.jpg"
    object.__setattr__(pictures, "paths", tuple(paths))
    with pytest.raises(ImageError, match=r"image 'img20': gone\.jpg"):
        list(scoring(pictures, np.arange(48), 8))
