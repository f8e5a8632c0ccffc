"""Image files are found by name, in any of the known folders, without being opened."""

from pathlib import Path

import polars as pl
import pytest

from mel.errors import MelError
from mel.kaggle.pictures import list_images, locate


def _put(folder: Path, *names: str, content: bytes = b"x") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(content)


def test_three_extensions_count_in_either_case_and_nothing_else_does(tmp_path: Path) -> None:
    _put(tmp_path / "a", "one.jpg", "two.JPEG", "three.png", "four.dcm", ".jpg.swp", "five")
    (tmp_path / "a" / "six.jpg").mkdir()
    assert sorted(list_images(tmp_path, ["a"])) == ["one", "three", "two"]


def test_the_earlier_folder_wins_then_the_earlier_extension(tmp_path: Path) -> None:
    _put(tmp_path / "a", "one.png", "one.jpg")
    _put(tmp_path / "b", "one.jpg", "two.jpg")
    found = list_images(tmp_path, ["absent", "a", "b"])
    assert found["one"] == (tmp_path / "a" / "one.jpg", 1)
    assert found["two"] == (tmp_path / "b" / "two.jpg", 1)


def test_paths_and_sizes_follow_the_order_of_the_ids(tmp_path: Path) -> None:
    _put(tmp_path / "a", "x.jpg", "y.jpg")
    (tmp_path / "a" / "y.jpg").write_bytes(b"seven b")
    listing = list_images(tmp_path, ["a"])
    paths, sizes = locate(pl.Series(["y", "x"]), listing, tmp_path, ["a"])
    assert sizes.to_list() == [7, (tmp_path / "a" / "x.jpg").stat().st_size]
    assert paths.to_list() == [str(tmp_path / "a" / "y.jpg"), str(tmp_path / "a" / "x.jpg")]


def test_missing_and_empty_files_are_named_and_counted(tmp_path: Path) -> None:
    _put(tmp_path / "a", "x.jpg")
    _put(tmp_path / "a", "e.jpg", "d.jpg", content=b"")
    listing = list_images(tmp_path, ["a"])
    with pytest.raises(MelError, match=r"no image file w.jpg \(2 of 3 missing\); put it into a"):
        locate(pl.Series(["z", "x", "w"]), listing, tmp_path, ["a", "b"])
    with pytest.raises(MelError, match=r"d.jpg: the image file is empty \(2 such\)"):
        locate(pl.Series(["x", "e", "d"]), listing, tmp_path, ["a"])
