"""Files are whole or absent, and a digest changes exactly when the content does."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mel.errors import MelError
from mel.files import (
    atomic,
    digest_file,
    digest_frame,
    digest_json,
    read_header,
    read_json,
    read_table,
    required,
    versions,
    write_json,
    write_table,
    write_text,
)

FRAME = pl.DataFrame({"image_id": ["a", "b", "c"], "x": [1.0, None, 3.0], "y": [1, 2, 3]})


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def digest(**columns: object) -> str:
    return digest_frame(pl.DataFrame(columns))


def write_half(path: Path) -> None:
    with atomic(path) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError


def write_half_a_folder(path: Path) -> None:
    with atomic(path) as temporary:
        temporary.mkdir()
        (temporary / "half").touch()
        raise KeyboardInterrupt


# atomic


def test_a_finished_file_takes_its_name_and_leaves_no_other(tmp_path: Path) -> None:
    write_text(tmp_path / "new" / "note.txt", "für")
    assert names(tmp_path / "new") == ["note.txt"]
    assert (tmp_path / "new" / "note.txt").read_bytes() == "für".encode()


def test_the_name_does_not_exist_before_the_block_ends(tmp_path: Path) -> None:
    with atomic(tmp_path / "model.keras") as temporary:
        assert temporary.suffix == ".keras"
        assert temporary.parent == tmp_path
        temporary.write_text("half")
        assert not (tmp_path / "model.keras").exists()


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError):
        write_half(path)
    assert names(tmp_path) == ["note.txt"]
    assert path.read_text() == "old"


def test_a_folder_replaces_the_old_one_whole(tmp_path: Path) -> None:
    path = tmp_path / "fold0"
    path.mkdir()
    (path / "stale").touch()
    with atomic(path) as temporary:
        temporary.mkdir()
        (temporary / "fresh").touch()
    assert names(tmp_path) == ["fold0"]
    assert names(path) == ["fresh"]


def test_a_failed_folder_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "fold0"
    path.mkdir()
    (path / "kept").touch()
    with pytest.raises(KeyboardInterrupt):
        write_half_a_folder(path)
    assert names(tmp_path) == ["fold0"]
    assert names(path) == ["kept"]


def test_a_folder_that_cannot_take_its_name_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "fold0"
    path.mkdir()
    (path / "kept").touch()
    replace = Path.replace

    def fail_for_the_new(self: Path, target: Path) -> Path:
        if target == path and not self.name.endswith("-old"):
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail_for_the_new)
    with pytest.raises(MelError, match="No space left"), atomic(path) as temporary:
        temporary.mkdir()
    assert names(tmp_path) == ["fold0"]
    assert names(path) == ["kept"]


def test_a_file_in_the_place_of_a_folder_is_one_plain_error(tmp_path: Path) -> None:
    (tmp_path / "work").touch()
    with pytest.raises(MelError, match=r"work/note\.txt: cannot be written") as caught:
        write_text(tmp_path / "work" / "note.txt", "x")
    assert "\n" not in str(caught.value)


def test_a_name_too_long_is_one_plain_error(tmp_path: Path) -> None:
    with pytest.raises(MelError, match="cannot be written") as caught:
        write_text(tmp_path / ("a" * 300), "x")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes into read-only folders")
def test_a_read_only_folder_is_one_plain_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(MelError, match="cannot be written"):
        write_text(tmp_path / "note.txt", "x")


@pytest.mark.parametrize("writer", ["table", "text"])
def test_a_full_disk_is_one_plain_error_and_leaves_nothing(tmp_path: Path, writer: str) -> None:
    """A process whose files may not exceed a kilobyte stands for a full disk."""
    code = """if True:
        import resource, sys
        from pathlib import Path
        import numpy as np, polars as pl
        from mel.errors import MelError
        from mel.files import write_table, write_text
        noise = np.random.default_rng(0).random(50_000)
        frame = pl.DataFrame({"x": noise})
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))
        try:
            if sys.argv[2] == "table":
                write_table(Path(sys.argv[1]), frame, {"kind": "k"})
            else:
                write_text(Path(sys.argv[1]), "x" * 5000)
        except MelError as error:
            print(error)
    """
    command = [sys.executable, "-c", code, str(tmp_path / "out.parquet"), writer]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "out.parquet: cannot be written" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert names(tmp_path) == []


def test_what_a_killed_process_left_is_removed_an_hour_later(tmp_path: Path) -> None:
    path, old = tmp_path / "a.txt", time.time() - 4000
    fresh = ".aaaaaaaa-a.txt"
    others = (".0123abcd-b.txt", ".0123abc-a.txt", ".x123abcd-a.txt", "0123abcd-a.txt")
    for name in (".0123abcd-a.txt", ".0123abcd-a.txt-old", fresh, *others):
        (tmp_path / name).touch()
        if name != fresh:
            os.utime(tmp_path / name, (old, old))
    (tmp_path / ".89abcdef-a.txt").mkdir()
    (tmp_path / ".89abcdef-a.txt" / "half").touch()
    os.utime(tmp_path / ".89abcdef-a.txt", (old, old))
    write_text(path, "x")
    assert names(tmp_path) == sorted([fresh, *others, "a.txt"])


# JSON


def test_json_comes_back_as_it_went(tmp_path: Path) -> None:
    value = {"a": [1, 2.5, None, "ü"], "b": {"c": True}}
    write_json(tmp_path / "v.json", value)
    assert read_json(tmp_path / "v.json") == value


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_that_no_other_reader_takes_is_not_written(tmp_path: Path, value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "v.json", {"auc": value})
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b'{"x": NaN}', b"[-Infinity]", b"1e999"]
)
def test_broken_json_is_one_line_with_the_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "v.json"
    path.write_bytes(content)
    with pytest.raises(MelError, match=r"v\.json: is no readable JSON") as caught:
        read_json(path)
    assert "\n" not in str(caught.value)


def test_missing_json_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(MelError, match=r"v\.json: no such file"):
        read_json(tmp_path / "v.json")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1], "v.json: is no JSON object"),
        (None, "v.json: is no JSON object"),
        ({"fold": 1}, "v.json: has no 'name'"),
        ({"fold": True, "name": "x"}, "'fold' is true or false, expected a whole number"),
        ({"fold": 1.0, "name": "x"}, "'fold' is a number, expected a whole number"),
        ({"fold": 1, "name": None}, "'name' is null, expected text"),
        ({"fold": 1, "name": ["x"]}, "'name' is a list, expected text"),
    ],
)
def test_a_missing_key_or_wrong_type_is_one_line(value: object, message: str) -> None:
    with pytest.raises(MelError, match=message) as caught:
        required(value, {"fold": int, "name": str}, "v.json")
    assert "\n" not in str(caught.value)


def test_an_object_with_all_its_keys_is_given_as_it_is() -> None:
    value = {"fold": 1, "auc": 1, "more": None}
    assert required(value, {"fold": int, "auc": float}, "v.json") is value
    assert required(value, ["fold", "more"], "v.json") is value


# Parquet with a header


def test_a_table_comes_back_with_its_header(tmp_path: Path) -> None:
    header = {"kind": "notes", "schema": 1, "inputs": {"images": "00ff"}}
    write_table(tmp_path / "t.parquet", FRAME, header)
    frame, found = read_table(tmp_path / "t.parquet", "notes")
    assert frame.equals(FRAME)
    assert found.items() >= header.items()
    assert read_header(tmp_path / "t.parquet", "notes") == found


def test_every_header_says_what_the_file_is_and_what_it_was_made_of(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", FRAME, {"kind": "notes"})
    found = read_header(tmp_path / "t.parquet", "notes")
    assert set(found) == {"kind", "schema", "name", "digest", "inputs", "seed", "versions"}
    assert (found["schema"], found["inputs"], found["seed"]) == (1, {}, None)
    assert found["versions"] == versions()
    write_table(tmp_path / "u.parquet", FRAME[::-1], {"kind": "notes"})
    assert read_header(tmp_path / "u.parquet", "notes")["digest"] != found["digest"]


def rewrite(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a header as a hand would, past mel."""
    header = json.loads(pl.read_parquet_metadata(path)["mel"])
    change(header)
    pl.read_parquet(path).write_parquet(path, metadata={"mel": json.dumps(header)})


@pytest.mark.parametrize(
    "change",
    [
        {"name": "y"},
        {"inputs": {"a": "c"}},
        {"folds": "1"},
        {"metric": {}},
        {"digest": ""},
        {"z": 1},
    ],
)
def test_a_changed_header_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    header = {
        "kind": "notes",
        "name": "x",
        "folds": "0",
        "inputs": {"a": "b"},
        "metric": {"m": 0.1},
    }
    path = tmp_path / "t.parquet"
    write_table(path, FRAME, header)
    rewrite(path, lambda header: header.update(change))
    for read in (read_header, read_table):
        with pytest.raises(MelError, match=r"t\.parquet: the header was changed") as caught:
            read(path, "notes")
        assert "\n" not in str(caught.value)


def test_a_header_with_another_kind_is_refused_where_that_kind_is_asked_for(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", FRAME, {"kind": "notes"})
    rewrite(tmp_path / "t.parquet", lambda header: header.update(kind="scores"))
    with pytest.raises(MelError, match="header was changed"):
        read_header(tmp_path / "t.parquet", "scores")


@pytest.mark.parametrize("key", ["seal", "name", "digest", "inputs", "seed", "versions"])
def test_a_header_that_lacks_a_field_is_refused(tmp_path: Path, key: str) -> None:
    write_table(tmp_path / "t.parquet", FRAME, {"kind": "notes"})
    rewrite(tmp_path / "t.parquet", lambda header: header.pop(key))
    with pytest.raises(MelError, match=rf"t\.parquet: has no '{key}'; make it again"):
        read_header(tmp_path / "t.parquet", "notes")


def test_other_versions_are_no_change(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", FRAME, {"kind": "notes"})
    rewrite(tmp_path / "t.parquet", lambda header: header.update(versions={"mel": "9"}))
    assert read_header(tmp_path / "t.parquet", "notes")["versions"] == {"mel": "9"}


def test_any_other_reader_opens_a_table(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", FRAME, {"kind": "notes"})
    assert pl.read_parquet(tmp_path / "t.parquet").equals(FRAME)


@pytest.mark.parametrize("folder", ["a[b]", "a*", "fold=1", "ä b"])
def test_a_path_is_a_name_and_never_a_pattern(tmp_path: Path, folder: str) -> None:
    path = tmp_path / folder / "t.parquet"
    write_table(path, FRAME, {"kind": "notes"})
    assert read_table(path, "notes")[0].equals(FRAME)


def whole_table(folder: Path) -> bytes:
    write_table(folder / "whole.parquet", FRAME, {"kind": "notes"})
    return (folder / "whole.parquet").read_bytes()


@pytest.mark.parametrize("damage", ["empty", "text", "head", "tail", "middle"])
def test_a_broken_table_is_one_line_with_the_file(tmp_path: Path, damage: str) -> None:
    whole = whole_table(tmp_path)
    broken = {
        "empty": b"",
        "text": b"image_id,x\na,1\n",
        "head": whole[: len(whole) // 2],
        "tail": whole[len(whole) // 2 :],
        "middle": whole[:8] + b"\0" * 60 + whole[68:],
    }
    path = tmp_path / "t.parquet"
    path.write_bytes(broken[damage])
    with pytest.raises(MelError, match=r"t\.parquet: is no readable Parquet") as caught:
        read_table(path, "notes")
    assert "\n" not in str(caught.value)


def test_a_missing_table_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(MelError, match=r"t\.parquet: no such file"):
        read_table(tmp_path / "t.parquet", "notes")
    (tmp_path / "t.parquet").mkdir()
    with pytest.raises(MelError, match=r"t\.parquet: is no readable Parquet"):
        read_table(tmp_path / "t.parquet", "notes")


@pytest.mark.parametrize("metadata", [None, {"mel": "{"}, {"mel": "[]"}, {"mel": "null"}])
def test_parquet_of_other_hands_is_refused(tmp_path: Path, metadata: dict[str, str] | None) -> None:
    FRAME.write_parquet(tmp_path / "t.parquet", metadata=metadata)
    with pytest.raises(MelError, match=r"t\.parquet: is Parquet without mel's header"):
        read_table(tmp_path / "t.parquet", "notes")


def test_a_table_of_another_kind_is_refused_by_both_names(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", FRAME, {"kind": "folds"})
    with pytest.raises(MelError, match="holds 'folds', expected 'images'"):
        read_table(tmp_path / "t.parquet", "images")


def test_a_table_of_another_schema_is_refused(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", FRAME, {"kind": "folds", "schema": 2})
    with pytest.raises(MelError, match="has schema 2, this mel reads 1"):
        read_table(tmp_path / "t.parquet", "folds")


# digests


def test_a_files_digest_is_its_sha256(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest_file(tmp_path / "f") == expected


def test_a_json_digest_ignores_key_order_and_nothing_else() -> None:
    assert digest_json({"a": [1, 2], "b": None}) == digest_json({"b": None, "a": [1, 2]})
    distinct = [{"a": 1}, {"a": "1"}, {"a": 1.5}, {"a": None}, {}, {"a": [1]}, {"a": True}]
    assert len({digest_json(value) for value in distinct}) == len(distinct)


@given(st.permutations(range(6)), st.permutations(["image_id", "x", "y", "z"]))
def test_a_frame_digest_ignores_the_order_of_rows_and_columns(
    rows: list[int], columns: list[str]
) -> None:
    frame = pl.DataFrame(
        {
            "image_id": list("abcdef"),
            "x": [0.1, None, 3.0, 0.1, -1.0, 0.0],
            "y": [1, 2, None, 1, 1, 1],
            "z": ["s", None, "", "s", "t", "tt"],
        }
    )
    assert digest_frame(frame[rows].select(columns)) == digest_frame(frame)


cells = st.none() | st.text(max_size=3)
columns = st.lists(cells, min_size=3, max_size=3)


@given(columns, columns, columns, columns)
def test_two_frames_share_a_digest_only_when_they_are_equal(
    a: list[str | None], b: list[str | None], c: list[str | None], d: list[str | None]
) -> None:
    types = {"image_id": pl.String, "x": pl.String, "y": pl.String}
    one = pl.DataFrame({"image_id": ["1", "2", "3"], "x": a, "y": b}, schema=types)
    two = pl.DataFrame({"image_id": ["1", "2", "3"], "x": c, "y": d}, schema=types)
    assert (digest_frame(one) == digest_frame(two)) == one.equals(two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ([None, 1], [0, 1]),
        ([None, 1.0], [0.0, 1.0]),
        ([None, 1.0], [float("nan"), 1.0]),
        ([None, "a"], ["", "a"]),
        (["ab", "c"], ["a", "bc"]),
        (["1", "2"], [1, 2]),
        (["", ""], [0, 0]),
        ([None, None], [0, 0]),
        ([0.1, 0.2], [0.1, 0.20000000000000004]),
        ([True, False], [False, True]),
    ],
)
def test_a_changed_cell_changes_the_digest(one: list[object], two: list[object]) -> None:
    ids = ["i", "j"]
    assert digest(image_id=ids, x=one) != digest(image_id=ids, x=two)


def test_a_renamed_a_moved_and_a_missing_column_change_the_digest() -> None:
    ids = ["i", "j"]
    found = {
        digest(image_id=ids),
        digest(image_id=ids, x=[1, 2]),
        digest(image_id=ids, y=[1, 2]),
        digest(image_id=ids, x=[1, 2], y=[3, 4]),
        digest(image_id=ids, x=[3, 4], y=[1, 2]),
    }
    assert len(found) == 5


def test_the_width_of_a_number_does_not_change_the_digest() -> None:
    small = pl.DataFrame({"image_id": ["i"], "x": [7]}, schema_overrides={"x": pl.Int8})
    assert digest_frame(small) == digest_frame(small.cast({"x": pl.UInt64}))


def test_the_digest_is_the_same_for_ever() -> None:
    """A change of this value makes every work folder of every user stale: think first."""
    frame = FRAME.with_columns(z=pl.Series(["s", "", None]), w=pl.Series([True, None, False]))
    assert digest_frame(frame) == "e7625f30f0003092"


def test_a_huge_unsigned_number_has_a_digest() -> None:
    """Perceptual hashes fill all 64 bits."""
    frame = pl.DataFrame({"image_id": ["i"], "hash": pl.Series([2**64 - 1], dtype=pl.UInt64)})
    assert len(digest_frame(frame)) == 16


def test_an_empty_frame_has_a_digest() -> None:
    empty = FRAME.clear()
    assert digest_frame(empty) != digest_frame(empty.drop("x"))


@pytest.mark.parametrize("value", [[1, 2], {"a": 1}])
def test_a_nested_column_is_refused_by_name(value: object) -> None:
    with pytest.raises(MelError, match="'x' holds"):
        digest(image_id=["i"], x=[value])


def test_versions_are_plain_text_for_a_header() -> None:
    found = versions()
    assert found["mel"]
    assert "polars" in found
    assert json.loads(json.dumps(found)) == found
