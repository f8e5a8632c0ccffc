"""Decoded once, found by id, and the same pixels serving sees."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from mel.cnn.feeding.pixels import keep
from mel.errors import ImageError, MelError
from mel.images import decode
from mel.tables import ImageTable


def test_training_sees_exactly_the_pixels_serving_decodes(
    small: ImageTable, tmp_path: Path
) -> None:
    pixels = keep(small.frame, 32, tmp_path)
    for row, path in enumerate(small.frame.sort("image_id")["path"]):
        assert np.array_equal(pixels[row], decode(Path(path), 32))
        assert np.array_equal(pixels[row], decode(Path(path).read_bytes(), 32))


def test_a_shuffled_table_opens_the_same_cache(small: ImageTable, tmp_path: Path) -> None:
    keep(small.frame, 32, tmp_path)
    keep(small.frame.sample(fraction=1.0, shuffle=True, seed=1), 32, tmp_path)
    assert len(list(tmp_path.glob("*.npy"))) == 1


def test_a_changed_image_is_decoded_again(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    frame = pl.DataFrame({"image_id": ["a"], "path": [str(path)]})
    means = []
    for grey in (10, 200):
        Image.new("RGB", (50, 50), (grey,) * 3).save(path)
        means.append(keep(frame, 32, tmp_path / "cache").mean())
    assert means == pytest.approx([10, 200], abs=1)


def test_a_broken_image_is_named_and_leaves_no_cache(small: ImageTable, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(Path(small.frame["path"][0]).read_bytes()[:500])
    frame = pl.concat(
        [small.frame.select("image_id", "path"), pl.DataFrame({"image_id": "x", "path": str(bad)})]
    )
    with pytest.raises(ImageError, match=r"bad\.jpg"):
        keep(frame, 32, tmp_path / "cache")
    assert [p.suffix for p in (tmp_path / "cache").iterdir()] == [".lock"]


def test_a_missing_image_is_named(tmp_path: Path) -> None:
    frame = pl.DataFrame({"image_id": ["a"], "path": [str(tmp_path / "gone.jpg")]})
    with pytest.raises(MelError, match=r"gone\.jpg"):
        keep(frame, 32, tmp_path)


def test_what_a_killed_decoding_left_is_cleared_away(small: ImageTable, tmp_path: Path) -> None:
    keep(small.frame, 32, tmp_path)
    (done,) = tmp_path.glob("*.npy")
    leftover = tmp_path / f".0123abcd-{done.name}"
    leftover.write_bytes(b"half")
    keep(small.frame, 32, tmp_path)
    assert not leftover.exists()


def test_two_at_once_decode_one_after_the_other(small: ImageTable, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: keep(small.frame, 32, tmp_path), range(2))
    assert np.array_equal(first, second)
    assert len(list(tmp_path.glob("*.npy"))) == 1
