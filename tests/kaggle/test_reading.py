"""CSV files are read as text and checked; each fault is one line with a way out."""

from pathlib import Path

import pytest

from mel.errors import MelError
from mel.kaggle.reading import read_csv


def _csv(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_everything_is_text_and_empty_or_blank_is_null(tmp_path: Path) -> None:
    frame = read_csv(_csv(tmp_path, "id,a,b\n007,,x\n8,1.0, \n"), ["id", "a", "b"], unique="id")
    assert frame.rows() == [("007", None, "x"), ("8", "1.0", None)]


def test_blanks_around_a_field_make_no_other_patient(tmp_path: Path) -> None:
    frame = read_csv(_csv(tmp_path, "id,p\n a,p1\nb ,p1 \nc,\tp1\n"), ["id", "p"], unique="id")
    assert frame.rows() == [("a", "p1"), ("b", "p1"), ("c", "p1")]
    with pytest.raises(MelError, match=r"id 'a' stands 2 times"):
        read_csv(_csv(tmp_path, "id\na\na \n"), ["id"], unique="id")


def test_a_byte_order_mark_and_windows_line_ends_are_no_fault(tmp_path: Path) -> None:
    frame = read_csv(_csv(tmp_path, "\ufeffid,a\r\nx,1\r\n"), ["id", "a"], unique="id")
    assert frame.rows() == [("x", "1")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,a\n", r"t.csv: has no rows below its header; fetch it again"),
        ("id,a\nx,1,2,3\n", r"t.csv: line 2 has 4 fields, the header 2; put"),
        ("id,a\nx,1\ny\n", r"t.csv: line 3 has 1 field, the header 2; put"),
        ("id,A\nx,1\n", r"t.csv: no column 'a'; known: A, id"),
        ("id,a,bb\nx,1,2\n", r"t.csv: unknown column 'bb'; remove it \(known: id, a, c\)"),
        ("id,a\nx,1\nx,2\n", r"t.csv: id 'x' stands 2 times"),
        ("id,a\n,1\n", r"t.csv: 1 row without id"),
    ],
)
def test_a_faulty_file_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(MelError, match=message) as caught:
        read_csv(_csv(tmp_path, text), ["id", "a"], ["c"], unique="id")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("folder", ["a[b]", "a*", "a?", "ä b"])
def test_a_path_is_a_name_and_never_a_pattern(tmp_path: Path, folder: str) -> None:
    place = tmp_path / folder
    place.mkdir()
    assert read_csv(_csv(place, "id\nx\n"), ["id"], unique="id").rows() == [("x",)]


def test_an_id_with_a_control_character_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MelError, match=r"id 'x\\x07' holds a control character \(1 row\)"):
        read_csv(_csv(tmp_path, "id\nx\x07\ny\n"), ["id"], unique="id")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MelError, match=r"t.csv: no such file; check the data folder"):
        read_csv(tmp_path / "t.csv", ["id"], unique="id")
    (tmp_path / "t.csv").mkdir()
    with pytest.raises(MelError, match=r"t.csv: is no readable CSV"):
        read_csv(tmp_path / "t.csv", ["id"], unique="id")
