"""The competitions' public TFRecords: found by image_name, and refused when they are not whole."""

import os
from pathlib import Path
from typing import Any

import pytest

from mel.errors import MelError
from mel.images import fetch, tfrecord
from mel.kaggle import records

# What the public writers of 2020 put into a record of train, of test, and of the external years.
TRAIN = {
    "image": b"",
    "image_name": "",
    "patient_id": 12,
    "sex": 1,
    "age_approx": 45,
    "anatom_site_general_challenge": 3,
    "diagnosis": 0,
    "target": 1,
}
TEST = {key: TRAIN[key] for key in ("image", "image_name", "patient_id", "sex", "age_approx")}
EXTERNAL = {k: v for k, v in TRAIN.items() if k != "diagnosis"} | {"source": 2}


def examples(count: int, layout: dict[str, Any] = TRAIN) -> list[bytes]:
    made = ({"image": b"%d" % k * (k + 1), "image_name": f"ISIC_{k}"} for k in range(count))
    return [tfrecord.encode_example(layout | some) for some in made]


def written(path: Path, payloads: list[bytes]) -> Path:
    with path.open("wb") as file:
        tfrecord.write_records(file, payloads)
    return path


def test_the_name_of_a_record_is_its_image_name_wherever_that_stands(tmp_path: Path) -> None:
    """The order of an Example's features is that of a hash table, and not the writer's."""
    features = {"isic_id": "c", "image_id": "b", "image": b"x", "image_name": "a"}
    for names in (list(features), list(reversed(features))):
        payload = tfrecord.encode_example({name: features[name] for name in names})
        path = written(tmp_path / f"{names[0]}.tfrec", [payload])
        assert [record.image_id for record in records.index(path)] == ["a"]


def refused(path: Path, match: str, **options: bool) -> None:
    with pytest.raises(MelError, match=match) as caught:
        records.index(path, **options)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("layout", [TRAIN, TEST, EXTERNAL], ids=["train", "test", "external"])
@pytest.mark.parametrize("check", [False, True])
def test_every_writers_records_lead_to_their_pictures(
    tmp_path: Path, layout: dict[str, Any], check: bool
) -> None:
    path = written(tmp_path / "train00-4.tfrec", examples(4, layout))
    found = records.index(path, check=check)
    assert [record.image_id for record in found] == ["ISIC_0", "ISIC_1", "ISIC_2", "ISIC_3"]
    for k, record in enumerate(found):
        assert fetch(f"{path}#{record.offset}") == b"%d" % k * (k + 1)
        assert record.bytes == k + 1


def test_the_order_of_the_features_does_not_matter(tmp_path: Path) -> None:
    reverse = dict(reversed(TRAIN.items()))
    path = written(tmp_path / "a.tfrec", examples(3, reverse))
    assert [record.bytes for record in records.index(path)] == [1, 2, 3]


@pytest.mark.parametrize("said", [3, 5, 2071])
def test_a_count_that_lies_is_refused(tmp_path: Path, said: int) -> None:
    path = written(tmp_path / f"train00-{said}.tfrec", examples(4))
    refused(path, rf"the name says {said:,} records, there are 4, record 4 is the last; fetch")


@pytest.mark.parametrize("name", ["a.tfrec", "shard-00007.tfrec", "x-00000-of-00010.tfrecord"])
def test_a_number_that_is_no_count_is_not_taken_for_one(tmp_path: Path, name: str) -> None:
    assert len(records.index(written(tmp_path / name, examples(4)))) == 4


def test_a_file_that_is_cut_off_is_refused_at_its_record(tmp_path: Path) -> None:
    path = written(tmp_path / "train00-4.tfrec", examples(4))
    offsets = [offset for offset, _ in tfrecord.scan(path)]
    for number in (4, 3, 2, 1):
        os.truncate(path, offsets[number - 1] + 20)
        refused(path, rf"record {number}, at byte {offsets[number - 1]}, is cut off, .*; fetch")


def test_a_file_that_is_cut_off_between_two_records_lacks_some(tmp_path: Path) -> None:
    path = written(tmp_path / "train00-4.tfrec", examples(4))
    os.truncate(path, list(tfrecord.scan(path))[2][0])
    refused(path, "the name says 4 records, there are 2")


def test_a_wrong_checksum_is_refused_at_its_record(tmp_path: Path) -> None:
    path = written(tmp_path / "train00-4.tfrec", examples(4))
    data = bytearray(path.read_bytes())
    (_, _, (offset, length), _) = tfrecord.scan(path)
    data[offset + 12 + length] ^= 1
    path.write_bytes(data)
    refused(path, rf"record 3, at byte {offset}, is damaged, its checksum is wrong", check=True)
    assert len(records.index(path)) == 4  # the quick look leaves it to whoever fetches it
    with pytest.raises(MelError, match=f"the record at byte {offset} is damaged"):
        fetch(f"{path}#{offset}")


def test_records_without_a_name_or_a_picture_or_twice_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tfrec"
    written(path, [*examples(1), tfrecord.encode_example({"image": b"x"})])
    refused(path, r"record 2 lacks a name \(feature 'image_name'\)")
    written(path, [*examples(2), tfrecord.encode_example({"image_name": "x", "target": 1})])
    refused(path, r"record 3 lacks an image \(feature 'image'\)")
    written(path, examples(2) + examples(1))
    refused(path, "record 3 is 'ISIC_0', as one before")
    written(path, [b"\xff\xff no example"])
    refused(path, "record 1: no tf.train.Example")


def test_a_missing_an_empty_and_another_file_are_refused(tmp_path: Path) -> None:
    refused(tmp_path / "gone.tfrec", "no such|cannot be read")
    (tmp_path / "empty.tfrec").touch()
    refused(tmp_path / "empty.tfrec", "the TFRecord file is empty")
    (tmp_path / "zip.tfrec").write_bytes(b"PK\3\4 and so on, more than sixteen bytes")
    refused(tmp_path / "zip.tfrec", "this is no TFRecord file")


def test_an_unchanged_file_is_indexed_once_a_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "a.tfrec", examples(3))
    first = records.index(path)
    monkeypatch.setattr(records, "contents", None)
    assert records.index(path) is first
