"""TFRecords as TensorFlow writes them, and every way in which a file can be broken."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mel.errors import ImageError
from mel.images.tfrecord import (
    decode_example,
    encode_example,
    read_at,
    scan,
    write_records,
)

# What tf.io.TFRecordWriter of TensorFlow 2.21 wrote: an Example of an empty feature "none",
# age 45.5, image_name "ISIC_1" and target -1, 300; then the record b"two".
TENSORFLOW = bytes.fromhex(
    "53000000000000000d7d4e910a510a0f0a03616765120812060a04000036420a180a0a696d6167655f6e616d65"
    "120a0a080a06495349435f310a080a046e6f6e6512000a1a0a0674617267657412101a0e0a0cffffffffffffff"
    "ffff01ac022295127b0300000000000000b099490e74776f8990c909"
)
CONTENT = {"age": [45.5], "image_name": [b"ISIC_1"], "none": [], "target": [-1, 300]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Three records: of 5, 0 and 70,000 bytes."""
    file = tmp_path / "some.tfrec"
    with file.open("wb") as stream:
        write_records(stream, [b"first", b"", b"x" * 70_000])
    return file


def test_a_file_of_tensorflow_is_read(tmp_path: Path) -> None:
    path = tmp_path / "tf.tfrec"
    path.write_bytes(TENSORFLOW)
    assert list(scan(path)) == [(0, 83), (99, 3)]
    assert decode_example(read_at(path, 0)) == CONTENT
    assert read_at(path, 99) == b"two"


def test_records_are_written_to_the_byte_as_tensorflow_does() -> None:
    stream = io.BytesIO()
    assert write_records(stream, [TENSORFLOW[12:95], b"two"]) == [(0, 83), (99, 3)]
    assert stream.getvalue() == TENSORFLOW


def test_what_was_written_is_scanned_and_read(path: Path) -> None:
    places = list(scan(path))
    assert [length for _, length in places] == [5, 0, 70_000]
    assert [read_at(path, offset) for offset, _ in places] == [b"first", b"", b"x" * 70_000]


def test_a_second_call_goes_on_where_the_first_ended() -> None:
    stream = io.BytesIO()
    first = write_records(stream, [b"a"])
    assert write_records(stream, [b"b"]) == [(17, 1)]
    assert first == [(0, 1)]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("cut", [1, 4, 5, 69_999, 70_000, 70_010])
def test_a_record_that_is_cut_off_is_named(path: Path, cut: int, check: bool) -> None:
    path.write_bytes(path.read_bytes()[:-cut])
    match = r"some.tfrec: record 3, at byte 37, is cut off, .*; fetch the file again"
    with pytest.raises(ImageError, match=match):
        list(scan(path, check=check))
    with pytest.raises(ImageError, match="the record at byte 37 is cut off"):
        read_at(path, 37)


def test_the_records_before_a_broken_one_are_given(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])
    places = scan(path)
    assert [next(places), next(places)] == [(0, 5), (21, 0)]


@pytest.mark.parametrize(("byte", "number"), [(14, 1), (18, 1), (36, 2), (60, 3), (-1, 3)])
def test_a_changed_byte_is_noticed(path: Path, byte: int, number: int) -> None:
    data = bytearray(path.read_bytes())
    data[byte] ^= 1
    path.write_bytes(data)
    with pytest.raises(ImageError, match=rf"record {number}, at byte \d+, is damaged"):
        list(scan(path))
    offset = (0, 21, 37)[number - 1]
    with pytest.raises(ImageError, match=f"the record at byte {offset} is damaged"):
        read_at(path, offset)


def test_a_changed_length_is_noticed_without_reading_the_data(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[21] ^= 1
    path.write_bytes(data)
    with pytest.raises(ImageError, match="record 2, at byte 21, is damaged"):
        list(scan(path, check=False))


def test_other_files_are_named(tmp_path: Path) -> None:
    other, empty = tmp_path / "other.tfrec", tmp_path / "empty.tfrec"
    other.write_bytes(b"PK\3\4 this is a zip file")
    empty.touch()
    with pytest.raises(ImageError, match=r"other.tfrec: .* this is no TFRecord file"):
        list(scan(other))
    with pytest.raises(ImageError, match=r"empty.tfrec: the TFRecord file is empty"):
        list(scan(empty))
    with pytest.raises(ImageError, match=r"gone.tfrec: no such TFRecord file"):
        list(scan(tmp_path / "gone.tfrec"))
    with pytest.raises(ImageError, match=r"cannot be read \(Is a directory\)"):
        list(scan(tmp_path))


@pytest.mark.parametrize("offset", [1, 36, 10**9, -1])
def test_a_place_where_no_record_begins_is_refused(path: Path, offset: int) -> None:
    with pytest.raises(ImageError, match=f"the record at byte {offset} "):
        read_at(path, offset)


# Examples

values = (
    st.binary()
    | st.text()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(width=32, allow_nan=False)
)


@given(st.dictionaries(st.text(), values))
def test_every_example_comes_back(features: dict[str, bytes | str | int | float]) -> None:
    found = decode_example(encode_example(features))
    assert list(found) == list(features)
    for name, value in features.items():
        assert found[name] == [value.encode() if isinstance(value, str) else value]


def test_lists_come_back_whole() -> None:
    features = {"a": [b"x", "y"], "b": [1, -2], "c": [0.5, 1], "d": []}
    expected = {"a": [b"x", b"y"], "b": [1, -2], "c": [0.5, 1.0], "d": []}
    assert decode_example(encode_example(features)) == expected


def test_only_what_is_asked_for_is_given() -> None:
    record = TENSORFLOW[12:95]
    assert decode_example(memoryview(record), only={"target"}) == {"target": [-1, 300]}


def test_unpacked_numbers_are_read_too() -> None:
    """Writers of the first version of protocol buffers do not pack."""
    ints = bytes.fromhex("0a0d0a0b0a01741206 1a0408050807")
    floats = bytes.fromhex("0a100a0e0a01741209 1207 0d0000803f 0a00")
    assert decode_example(ints) == {"t": [5, 7]}
    assert decode_example(floats) == {"t": [1.0]}


@pytest.mark.parametrize("value", [None, {"a": 1}, ["a", 1], 2**63, object()])
def test_what_an_example_cannot_hold_is_refused_by_name(value: object) -> None:
    with pytest.raises(ValueError, match="feature 'age': "):
        encode_example({"age": value})  # type: ignore[dict-item]


@given(st.binary(max_size=60))
def test_bytes_that_are_no_example_are_refused_or_read(data: bytes) -> None:
    try:
        assert isinstance(decode_example(data), dict)
    except ValueError as error:
        assert "tf.train.Example" in str(error) or "floats" in str(error)  # noqa: PT017
