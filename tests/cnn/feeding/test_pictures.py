"""Kept or decoded anew, from files or prepared records: the same pixels, found by id."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mel.cnn.feeding import open_pictures, prepare
from mel.cnn.feeding.pictures import Decoded, Kept, is_kept
from mel.config import HardwareSettings
from mel.errors import ImageError, MelError
from mel.images import decode

KEPT, ANEW = HardwareSettings(pixels="kept"), HardwareSettings(pixels="decoded")


def test_kept_and_decoded_pictures_have_the_pixels_that_serving_decodes(small, tmp_path):
    kept = open_pictures(small.frame, 32, tmp_path, KEPT)
    anew = open_pictures(small.frame, 32, tmp_path, ANEW)
    assert isinstance(kept, Kept)
    assert isinstance(anew, Decoded)
    ids = small.frame["image_id"].to_list()[::-1]
    expected = np.stack([decode(path, 32) for path in small.frame["path"][::-1]])
    assert np.array_equal(kept.take(kept.rows_of(ids)), expected)
    assert np.array_equal(anew.take(anew.rows_of(ids)), expected)


@pytest.mark.parametrize("hardware", [KEPT, ANEW])
def test_prepared_records_are_read_as_files_are(small, tmp_path, hardware):
    from mel.kaggle import prepare as make
    from mel.kaggle import repath

    made = make(small, tmp_path / "prepared", [24])
    table = repath(small, made.prepared(24))
    pictures = open_pictures(table.frame, 24, tmp_path / "cache", hardware)
    for image_id in ("img03", "img40"):
        expected = decode(made.prepared(24).read_image(image_id), 24)
        assert np.array_equal(pictures.take(pictures.rows_of([image_id]))[0], expected)


def test_the_order_of_the_table_changes_nothing(small, tmp_path):
    mixed = small.frame.sample(fraction=1.0, shuffle=True, seed=1)
    for hardware in (KEPT, ANEW):
        one = open_pictures(small.frame, 16, tmp_path, hardware)
        other = open_pictures(mixed, 16, tmp_path, hardware)
        assert one.rows == other.rows
        rows = one.rows_of(["img07"])
        assert np.array_equal(one.take(rows), other.take(rows))


def test_what_is_taken_may_be_changed(small, tmp_path):
    for hardware in (KEPT, ANEW):
        pictures = open_pictures(small.frame, 16, tmp_path, hardware)
        taken = pictures.take(np.array([0, 1]))
        before = taken.copy()
        taken[:] = 0
        assert np.array_equal(pictures.take(np.array([0, 1])), before)


def test_threads_take_the_same(small, tmp_path):
    pictures = open_pictures(small.frame, 16, tmp_path, ANEW)
    wanted = [np.array([k % 48, (k * 7) % 48]) for k in range(60)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(pictures.take, wanted))
    for rows, found in zip(wanted, together, strict=True):
        assert np.array_equal(found, pictures.take(rows))


def test_auto_keeps_what_fits_and_nothing_is_kept_when_it_shall_be_decoded(small, tmp_path):
    tight = HardwareSettings(pixels_gb=1e-6)
    assert not is_kept(small.frame.height, 32, tight)
    for hardware in (tight, ANEW):
        prepare(small.frame, 32, tmp_path, hardware)
        open_pictures(small.frame, 32, tmp_path, hardware)
    assert list(tmp_path.iterdir()) == []
    prepare(small.frame, 32, tmp_path, HardwareSettings())
    assert len(list(tmp_path.glob("*.npy"))) == 1


def test_where_the_disk_is_too_full_nothing_is_kept_unasked_and_that_is_said(
    small, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("mel.cnn.feeding.pictures.free_disk", lambda _: 48 * 32 * 32 * 3)
    prepare(small.frame, 32, tmp_path, HardwareSettings())
    assert isinstance(open_pictures(small.frame, 32, tmp_path, HardwareSettings()), Decoded)
    assert list(tmp_path.iterdir()) == []
    said = capsys.readouterr().err
    assert "no room for 0.0 GB of pixels of 32" in said
    assert "decoded whenever it is needed" in said
    prepare(small.frame, 32, tmp_path, KEPT)
    again = open_pictures(small.frame, 32, tmp_path, HardwareSettings())
    assert isinstance(again, Kept), "what is there already needs no room"


def test_an_unknown_id_is_refused_with_near_ones(small, tmp_path):
    pictures = open_pictures(small.frame, 16, tmp_path, ANEW)
    with pytest.raises(MelError, match="'img4l': has no picture; did you mean 'img4"):
        pictures.rows_of(["img01", "img4l"])


@pytest.mark.parametrize("hardware", [KEPT, ANEW])
def test_a_broken_picture_is_named_by_its_file(small, tmp_path, hardware):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(Path(small.frame["path"][0]).read_bytes()[:500])
    frame = pl.DataFrame({"image_id": ["a"], "path": [str(bad)]})
    with pytest.raises(ImageError, match=r"bad\.jpg"):
        open_pictures(frame, 16, tmp_path / "cache", hardware).take(np.array([0]))


def test_a_broken_picture_that_is_decoded_anew_is_named_by_its_id_too(tmp_path):
    frame = pl.DataFrame({"image_id": ["the-mole"], "path": [str(tmp_path / "gone.jpg")]})
    pictures = open_pictures(frame, 16, tmp_path, ANEW)
    with pytest.raises(ImageError, match=r"image 'the-mole': .*gone\.jpg: no such image file"):
        pictures.take(np.array([0]))
