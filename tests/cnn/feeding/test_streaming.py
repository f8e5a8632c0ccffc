"""Batches depend on seed, fold, epoch and step only; a broken picture ends them by its name."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mel.cnn import feeding
from mel.cnn.feeding import streaming
from mel.cnn.feeding.order import epoch_order
from mel.cnn.labels import Labels
from mel.config import Augmentation, HardwareSettings, MemberSettings
from mel.errors import ImageError

SETTINGS = MemberSettings(
    backbone="efficientnetv2_micro",
    size=16,
    epochs=3,
    batch_size=8,
    seed=3,
    positive_weight=2.0,
    augmentation=Augmentation(rotation=90, zoom=0.2, hue=10, cutout=0.2, mixup=0.4, cutmix=1.0),
)


def _fed(small, cache, hardware="kept", **update):
    settings = SETTINGS.model_copy(update=update)
    pictures = feeding.open_pictures(
        small.frame, settings.size, cache, HardwareSettings(pixels=hardware)
    )
    return pictures, feeding.Examples.of(small.train, pictures, settings, Labels()), settings


def _batches(small, cache, fold=0, first_epoch=0, hardware="kept", **update):
    pictures, examples, settings = _fed(small, cache, hardware, **update)
    data = feeding.training(pictures, examples, settings, fold, first_epoch)
    return [tuple(part.numpy() for part in batch) for batch in data]


def _same(some, others):
    return len(some) == len(others) and all(
        np.array_equal(a, b)
        for one, other in zip(some, others, strict=True)
        for a, b in zip(one, other, strict=True)
    )


@pytest.fixture(scope="module")
def unbroken(small, tmp_path_factory):
    return _batches(small, tmp_path_factory.mktemp("cache"))


def test_a_run_has_its_epochs_of_whole_batches_as_bytes(unbroken, small):
    steps = feeding.steps_per_epoch(small.train.height, 8)
    assert len(unbroken) == 3 * steps
    images, labels, weights = unbroken[0]
    assert (images.dtype, labels.dtype, weights.dtype) == (np.uint8, np.float32, np.float32)
    assert (images.shape, labels.shape, weights.shape) == ((8, 16, 16, 3), (8, 1), (8,))


def test_a_run_that_goes_on_at_an_epoch_sees_what_an_unbroken_one_sees(unbroken, small, tmp_path):
    steps = len(unbroken) // 3
    assert _same(_batches(small, tmp_path, first_epoch=1), unbroken[steps:])
    assert _batches(small, tmp_path, first_epoch=3) == []


def test_threads_and_where_pixels_come_from_change_nothing(unbroken, small, tmp_path, monkeypatch):
    monkeypatch.setattr(streaming, "cores", lambda: 7)
    assert _same(_batches(small, tmp_path), unbroken)
    assert _same(_batches(small, tmp_path, hardware="decoded"), unbroken)


def test_what_is_slow_comes_in_its_order_all_the_same(unbroken, small, tmp_path, monkeypatch):
    made = streaming.batch_of

    def slow(pictures, examples, order, key, settings):
        time.sleep(0.05 * (key[3] % 3 == 0))
        return made(pictures, examples, order, key, settings)

    monkeypatch.setattr(streaming, "batch_of", slow)
    assert _same(_batches(small, tmp_path), unbroken)


def test_another_seed_fold_or_epoch_is_another_run(unbroken, small, tmp_path):
    steps = len(unbroken) // 3
    assert not _same(_batches(small, tmp_path, fold=1), unbroken)
    assert not _same(_batches(small, tmp_path, seed=4), unbroken)
    assert not _same(unbroken[:steps], unbroken[steps : 2 * steps])


def test_batches_hold_the_pictures_labels_and_weights_of_their_order(small, tmp_path):
    plain = {"augmentation": Augmentation(flips=False)}
    pictures, examples, settings = _fed(small, tmp_path, **plain)
    order = epoch_order(examples.target, settings, (3, 0, 0))[:8]
    images, labels, weights = _batches(small, tmp_path, **plain)[0]
    assert np.array_equal(images, pictures.take(examples.rows[order]))
    assert np.array_equal(labels[:, 0], examples.target[order])
    assert np.array_equal(weights, np.where(examples.target[order] == 1, 2.0, 1.0))


def test_metadata_goes_beside_the_images(small, tmp_path):
    pictures, examples, settings = _fed(small, tmp_path, augmentation=Augmentation())
    known = np.random.default_rng(0).random((len(examples), 5), dtype=np.float32)
    examples = replace(examples, metadata=known)
    (images, metadata), _, _ = next(iter(feeding.training(pictures, examples, settings, 0)))
    order = epoch_order(examples.target, settings, (3, 0, 0))[:8]
    assert images.shape == (8, 16, 16, 3)
    assert np.array_equal(metadata.numpy(), known[order])


def test_oversampling_shows_positives_as_often_as_asked_for(small, tmp_path):
    plain = {"augmentation": Augmentation(flips=False), "epochs": 20, "positive_share": 0.8}
    found = _batches(small, tmp_path, **plain)
    assert np.mean([labels.mean() for _, labels, _ in found]) == pytest.approx(0.8, abs=0.05)


def _replace_path(pictures, row, path):
    paths = list(pictures.paths)
    paths[row] = path
    object.__setattr__(pictures, "paths", tuple(paths))


@pytest.mark.parametrize("prepared", [False, True], ids=["file", "record"])
def test_a_picture_that_breaks_in_the_middle_of_training_is_named_and_nothing_hangs(
    small, tmp_path, prepared
):
    from mel.kaggle import prepare, repath

    if prepared:
        small = repath(small, prepare(small, tmp_path / "prepared", [16]).prepared(16))
    pictures, examples, settings = _fed(small, tmp_path, "decoded", epochs=50)
    broken = tmp_path / "broken.jpg"
    path = small.frame["path"][5]
    if prepared:
        name, _, offset = path.partition("#")
        data = bytearray(Path(name).read_bytes())
        data[int(offset) + 300] ^= 255
        Path(broken := tmp_path / "broken.tfrec").write_bytes(data)
        broken = f"{broken}#{offset}"
    else:
        broken.write_bytes(Path(path).read_bytes()[:400])
    batches = iter(feeding.training(pictures, examples, settings, 0))
    match = r"image 'img05': .*broken"
    for _ in range(3):
        next(batches)
    _replace_path(pictures, 5, str(broken))
    with pytest.raises(ImageError, match=match) as caught, feeding.named_faults():
        list(batches)
    assert "\n" not in str(caught.value)


def test_other_errors_are_not_taken_for_pictures():
    with pytest.raises(ZeroDivisionError), feeding.named_faults():
        _ = 1 / 0


def test_many_large_batches_are_not_made_at_once(monkeypatch):
    monkeypatch.setattr(streaming, "cores", lambda: 96)
    huge = SETTINGS.model_copy(update={"size": 512, "batch_size": 1024})
    assert streaming._parallel(huge) == 2
    assert streaming._parallel(SETTINGS) == 96
