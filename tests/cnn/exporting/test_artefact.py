"""export.json: what it says comes back, and what is not as it says is not current."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from mel.cnn.exporting import EXPORT, is_current, read_export, write_export
from mel.errors import MelError
from mel.files import read_json, write_json

MADE_FROM: dict[str, Any] = {"checkpoints": ["a" * 64], "sizes": [32]}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    fold = tmp_path / "fold3"
    fold.mkdir()
    (fold / "graph-32.onnx").write_bytes(b"graph")
    graph = {
        "file": "graph-32.onnx",
        "sha256": hashlib.sha256(b"graph").hexdigest(),
        "bytes": 5,
        "verified": {"engine": "openvino 2026", "images": 64, "probability": 1e-8},
        "bfloat16": None,
        "kept": 2e-8,
    }
    write_export(fold, MADE_FROM, {32: graph})
    return fold


def test_what_was_written_is_read(place: Path) -> None:
    (one,) = read_export(place)
    assert (one.part, one.size, one.path, one.bytes) == ("3", 32, place / "graph-32.onnx", 5)
    assert (one.bfloat16, one.kept, one.verified["images"]) == (None, 2e-8, 64)


def test_graphs_are_current_only_as_they_were_made_and_from_the_same(place: Path) -> None:
    assert is_current(place, MADE_FROM)
    assert not is_current(place, MADE_FROM | {"sizes": [32, 48]})
    (place / "graph-32.onnx").write_bytes(b"grabh")
    assert not is_current(place, MADE_FROM)
    (place / "graph-32.onnx").unlink()
    assert not is_current(place, MADE_FROM)


def test_another_schema_or_a_broken_file_is_refused_and_not_current(place: Path) -> None:
    said = read_json(place / EXPORT)
    write_json(place / EXPORT, said | {"schema": 2})
    assert not is_current(place, MADE_FROM)
    with pytest.raises(MelError, match="is of schema 2, this mel reads 1"):
        read_export(place)
    write_json(place / EXPORT, said | {"sizes": {"32": {"file": "graph-32.onnx"}}})
    with pytest.raises(MelError, match="has no 'sha256'"):
        read_export(place)
    (place / EXPORT).unlink()
    assert not is_current(place, MADE_FROM)
