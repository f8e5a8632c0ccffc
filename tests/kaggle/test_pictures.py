"""Pictures are found by name, in folders and containers, without being decoded."""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mel.config import DataSettings
from mel.errors import MelError
from mel.images import fetch, tfrecord
from mel.kaggle import source_digest
from mel.kaggle.pictures import EXTENSIONS, list_images, locate


def _put(folder: Path, *names: str, content: bytes = b"x") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(content)


def _records(path: Path, *names: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        examples = [{"image_name": name, "image": name.encode()} for name in names]
        tfrecord.write_records(file, map(tfrecord.encode_example, examples))


def _hdf5(path: Path, *names: str) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        file.create_group("of no concern")
        for name in names:
            file.create_dataset(name, data=np.void(name.encode()))


@pytest.mark.parametrize("extension", sorted(EXTENSIONS))
def test_every_known_extension_counts_in_either_case(tmp_path: Path, extension: str) -> None:
    _put(tmp_path / "a", f"one{extension}", f"two{extension.upper()}")
    assert sorted(list_images(tmp_path, ["a"])) == ["one", "two"]


def test_nothing_else_counts(tmp_path: Path) -> None:
    _put(tmp_path / "a", "one.jpg", ".jpg.swp", "five", "six.txt", ".jpg", "._one.jpg", "seven.h5")
    (tmp_path / "a" / "six.jpg").mkdir()
    assert list(list_images(tmp_path, ["a"])) == ["one"]


def test_a_file_whose_name_is_no_text_is_no_fault(tmp_path: Path) -> None:
    """An old archive's file in a Windows encoding: no id can name it, and it is counted."""
    _put(tmp_path / "a", "one.jpg")
    Path(os.fsdecode(os.fsencode(tmp_path / "a") + b"/caf\xe9.jpg")).write_bytes(b"x")
    columns = {"train": "t.csv", "image_id": "id", "target": "y", "train_images": ["a"]}
    settings = DataSettings.model_validate({"adapter": "columns", "columns": columns})
    before = source_digest(settings, tmp_path)
    assert len(list_images(tmp_path, ["a"])) == 2
    _put(tmp_path / "a", "two.jpg")
    assert source_digest(settings, tmp_path) != before


def test_names_in_containers_may_carry_an_extension(tmp_path: Path) -> None:
    _records(tmp_path / "a.tfrec", "one.jpg", "two.PNG", "v1.2")
    _hdf5(tmp_path / "a.h5", "three.jpeg")
    found = list_images(tmp_path, ["a.tfrec", "a.h5"])
    assert sorted(found) == ["one", "three", "two", "v1.2"]
    assert fetch(found["three"][0]) == b"three.jpeg"


def test_files_in_folders_within_have_ids_with_a_slash(tmp_path: Path) -> None:
    _put(tmp_path / "a", "one.jpg")
    _put(tmp_path / "a" / "NEL", "one.jpg", "two.JPG")
    _put(tmp_path / "a" / ".cache", "three.jpg")
    assert list(list_images(tmp_path, ["a"])) == ["one"]
    found = list_images(tmp_path, ["a"], nested=True)
    assert sorted(found) == ["NEL/one", "NEL/two", "one"]
    assert found["NEL/two"][0] == tmp_path / "a" / "NEL" / "two.JPG"


def test_a_key_that_a_container_lacks_is_no_file_to_put_there(tmp_path: Path) -> None:
    _hdf5(tmp_path / "a.h5", "one")
    listing = list_images(tmp_path, ["a.h5", "a"])
    match = r"no picture 'two' \(1 of 2 missing\) in a.h5; fetch it again"
    with pytest.raises(MelError, match=match):
        locate(pl.Series(["one", "two"]), listing, tmp_path, ["a.h5", "a"])


def test_the_earlier_place_wins(tmp_path: Path) -> None:
    _put(tmp_path / "a", "one.jpg")
    _put(tmp_path / "b", "one.jpg", "two.jpg")
    found = list_images(tmp_path, ["absent", "a", "b", "absent.hdf5"])
    assert found["one"] == (tmp_path / "a" / "one.jpg", 1)
    assert found["two"] == (tmp_path / "b" / "two.jpg", 1)


@pytest.mark.parametrize("names", [("one.jpg", "one.png"), ("one.JPG", "one.jpg")])
def test_two_files_of_one_id_in_one_place_are_refused(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    _put(tmp_path / "a", *names, "two.jpg")
    match = f"a: two pictures of 'one', {names[0]} and {names[1]}; keep one, move the other"
    with pytest.raises(MelError, match=match):
        list_images(tmp_path, ["a"])


def test_a_file_and_a_record_of_one_id_in_one_place_are_refused(tmp_path: Path) -> None:
    _put(tmp_path / "a", "one.jpg")
    _records(tmp_path / "a" / "train00-2.tfrec", "zero", "one")
    with pytest.raises(MelError, match=r"'one', one.jpg and train00-2.tfrec#\d+"):
        list_images(tmp_path, ["a"])


def test_two_records_of_one_id_in_one_folder_are_refused(tmp_path: Path) -> None:
    for k in (0, 1):
        _records(tmp_path / "a" / f"train{k:02}-1.tfrec", "one")
    with pytest.raises(MelError, match=r"'one', train00-1.tfrec#0 and train01-1.tfrec#0"):
        list_images(tmp_path, ["a"])


def test_what_is_listed_leads_to_its_picture_wherever_it_lies(tmp_path: Path) -> None:
    _put(tmp_path / "a", "one.jpg", content=b"one")
    _records(tmp_path / "a" / "train00-2.tfrec", "two", "three")
    _records(tmp_path / "test00-1.tfrecord", "four")
    _hdf5(tmp_path / "train-image.hdf5", "five", "six")
    found = list_images(tmp_path, ["a", "test00-1.tfrecord", "train-image.hdf5"])
    assert sorted(found) == ["five", "four", "one", "six", "three", "two"]
    for name, (reference, size) in found.items():
        assert fetch(reference) == name.encode()
        assert size == len(name)


def test_a_changed_container_is_listed_anew(tmp_path: Path) -> None:
    for names in (("one",), ("one", "two")):
        _records(tmp_path / "a.tfrec", *names)
        _hdf5(tmp_path / "a.h5", *names)
        assert sorted(list_images(tmp_path, ["a.tfrec"])) == sorted(names)
        assert sorted(list_images(tmp_path, ["a.h5"])) == sorted(names)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("images.zip", "images.zip: is no folder, HDF5 or TFRecord file"),
        ("train.hdf5", "train.hdf5: is no whole HDF5 file"),
        ("train.tfrec", "train.tfrec: record 1, at byte 0, is none: this is no TFRecord"),
    ],
)
def test_a_place_of_another_kind_is_named(tmp_path: Path, name: str, reason: str) -> None:
    pytest.importorskip("h5py")
    _put(tmp_path, name, content=b"PK\3\4 something else")
    with pytest.raises(MelError, match=reason):
        list_images(tmp_path, [name])


def test_references_and_sizes_follow_the_order_of_the_ids(tmp_path: Path) -> None:
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
