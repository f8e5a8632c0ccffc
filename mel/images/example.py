"""The wire format of tf.train.Example, read and written without TensorFlow.

An Example is a protocol buffer: field 1, Features; in it field 1 repeated, a map entry; in that
field 1 the name and field 2 the Feature; in that one of three lists: field 1 bytes, 2 floats,
3 whole numbers (tensorflow/core/example/example.proto and feature.proto). Fields that are not
known are skipped, as every reader of protocol buffers does.
"""

import struct
from collections.abc import Collection, Iterator, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

__all__ = ["Buffer", "Value", "chunk_of", "decode_example", "encode_example"]

Value = bytes | str | int | float
Buffer = bytes | memoryview
_VARINT, _FIXED64, _CHUNK, _FIXED32 = 0, 1, 2, 5
_BYTES, _FLOATS, _INTS = 1, 2, 3


def encode_example(features: Mapping[str, Value | Sequence[Value]]) -> bytes:
    """Give an Example with these features, in the order of the mapping.

    A value, or several of one type: text is written as UTF-8 bytes, a number with a decimal
    point as a 32-bit float, a whole number (and a truth value) as a 64-bit one. Raises ValueError
    for another type, and for a whole number that 64 bits do not hold.

    >>> decode_example(encode_example({"image_name": "ISIC_1", "target": 0, "age": 45.0}))
    {'image_name': [b'ISIC_1'], 'target': [0], 'age': [45.0]}
    """
    entries = b"".join(
        _field(1, _field(1, name.encode()) + _field(2, _feature(name, value)))
        for name, value in features.items()
    )
    return _field(1, entries)


def _feature(name: str, value: Value | Sequence[Value]) -> bytes:
    several = isinstance(value, Sequence) and not isinstance(value, bytes | str)
    values: list[Any] = list(value) if several else [value]  # type: ignore[arg-type]
    if all(isinstance(v, bytes | str) for v in values):
        texts = (v.encode() if isinstance(v, str) else v for v in values)
        return _field(_BYTES, b"".join(_field(1, text) for text in texts))
    if all(isinstance(v, Integral) for v in values):
        return _field(_INTS, _field(1, b"".join(_whole(name, int(v)) for v in values)))
    if all(isinstance(v, Real) for v in values):
        return _field(_FLOATS, _field(1, np.array(values, dtype="<f4").tobytes()))
    raise ValueError(f"feature {name!r}: {value!r} is no bytes, text or number, nor a list of one")


def _whole(name: str, value: int) -> bytes:
    if not -(2**63) <= value < 2**63:
        raise ValueError(f"feature {name!r}: {value} does not fit into 64 bits")
    return _varint(value % 2**64)


def _field(number: int, chunk: bytes) -> bytes:
    return b"".join((_varint(number << 3 | _CHUNK), _varint(len(chunk)), chunk))


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def decode_example(
    data: Buffer, only: Collection[str] | None = None
) -> dict[str, list[bytes] | list[int] | list[float]]:
    """Give the features of an Example: each a list of bytes, of ints or of floats.

    With `only`, other features are passed over and none of their bytes is touched: give a
    memoryview, and an image in it is not copied. Raises ValueError for bytes that are no Example.
    """
    wanted = (entry for entry in _features(data) if only is None or entry[0] in only)
    return {name: _values(feature) for name, feature in wanted}


def chunk_of(data: Buffer, names: Sequence[str]) -> memoryview | None:
    """Give the first value of bytes of the first of `names`, as a view that copies nothing.

    The order of `names` counts: that of an Example's features is their writer's whim. None where
    it has no such feature. Raises ValueError for bytes that are no Example.
    """
    found = {name: feature for name, feature in _features(data) if name in names}
    for name in names:
        for content in _chunks(found.get(name, memoryview(b"")), _BYTES):
            return next(_chunks(content, 1), None)
    return None


def _features(data: Buffer) -> Iterator[tuple[str, memoryview]]:
    for features in _chunks(memoryview(data), 1):
        for entry in _chunks(features, 1):
            name, feature = b"", memoryview(b"")
            for number, kind, content in _fields(entry):
                if kind == _CHUNK and isinstance(content, memoryview):
                    if number == 1:
                        name = bytes(content)
                    elif number == 2:
                        feature = content
            yield name.decode(errors="replace"), feature


def _values(feature: memoryview) -> list[bytes] | list[int] | list[float]:
    for number, kind, content in _fields(feature):
        if kind != _CHUNK or not isinstance(content, memoryview):
            continue
        if number == _BYTES:
            return [bytes(chunk) for chunk in _chunks(content, 1)]
        if number == _FLOATS:
            return list(_floats(content))
        if number == _INTS:
            return list(_ints(content))
    return []


def _floats(view: memoryview) -> Iterator[float]:
    for number, kind, content in _fields(view):
        if number == 1 and kind in (_CHUNK, _FIXED32) and isinstance(content, memoryview):
            if len(content) % 4:
                raise ValueError("a list of floats of odd length")
            yield from struct.unpack(f"<{len(content) // 4}f", content)


def _ints(view: memoryview) -> Iterator[int]:
    for number, kind, content in _fields(view):
        if number == 1 and kind == _VARINT and isinstance(content, int):
            yield _signed(content)
        elif number == 1 and kind == _CHUNK and isinstance(content, memoryview):
            at = 0
            while at < len(content):
                value, at = _read_varint(content, at)
                yield _signed(value)


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value


def _chunks(view: memoryview, wanted: int) -> Iterator[memoryview]:
    for number, kind, content in _fields(view):
        if number == wanted and kind == _CHUNK and isinstance(content, memoryview):
            yield content


def _fields(view: memoryview) -> Iterator[tuple[int, int, memoryview | int]]:
    """Give the number, the wire type and the content of each field of a message."""
    at = 0
    while at < len(view):
        tag, at = _read_varint(view, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = _read_varint(view, at)
            yield tag >> 3, kind, value
            continue
        if kind == _CHUNK:
            length, at = _read_varint(view, at)
        elif kind in (_FIXED32, _FIXED64):
            length = 4 if kind == _FIXED32 else 8
        else:
            raise ValueError(f"no tf.train.Example: a field of wire type {kind}")
        if at + length > len(view):
            raise ValueError("no tf.train.Example: a field is longer than its message")
        yield tag >> 3, kind, view[at : at + length]
        at += length


def _read_varint(view: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70 and at < len(view):
        byte = view[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value % 2**64, at
    raise ValueError("no tf.train.Example: a number is cut off")
