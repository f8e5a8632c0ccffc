"""CSV files are read as text and checked; each fault is one line with a way out."""

from pathlib import Path

import polars as pl
import pytest

from mel.errors import MelError
from mel.kaggle.reading import (
    fill_patients,
    make_sample,
    parse_age,
    parse_target,
    read_csv,
    read_sample,
    read_solution,
    translate,
)

_WHERE = Path("t.csv")


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
        ("id,a\nx,1\ny\n", r"t.csv: line 3 has 1 fields, the header 2; put"),
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


def test_an_unknown_spelling_is_refused_with_near_matches() -> None:
    frame = pl.DataFrame({"id": ["a", "b"], "dx": ["mel", "mell"]})
    with pytest.raises(
        MelError, match=r"unknown dx 'mell' \(image b, 1 row\); did you mean 'mel'\?$"
    ):
        translate(frame, "dx", {"mel": "mel", "nv": "nv"}, _WHERE, "id")


def test_ages_are_numbers_or_null() -> None:
    frame = pl.DataFrame({"id": list("abcd"), "age": ["45.0", None, "unknown", "NA"]})
    assert parse_age(frame, "age", _WHERE, "id").to_list() == [45.0, None, None, None]
    for age in ("-1", "121", "inf"):
        with pytest.raises(MelError, match=rf"t.csv: age {age} of image a \(1 row\); give years"):
            parse_age(pl.DataFrame({"id": ["a"], "age": [age]}), "age", _WHERE, "id")
    with pytest.raises(MelError, match=r"t.csv: age 'old' of image a \(1 row\) is no number"):
        parse_age(pl.DataFrame({"id": ["a"], "age": ["old"]}), "age", _WHERE, "id")


@pytest.mark.parametrize("value", ["2", "-1", "0.5", "yes", None])
def test_a_target_that_is_not_0_or_1_is_refused(value: str | None) -> None:
    frame = pl.DataFrame({"id": ["a", "b"], "target": ["1", value]})
    with pytest.raises(MelError, match=r"target .* of image b \(1 row\); it must be 0 or 1"):
        parse_target(frame, "target", _WHERE, "id")


def test_a_target_may_be_written_as_a_float() -> None:
    frame = pl.DataFrame({"id": ["a", "b"], "target": ["1.0", "0"]})
    assert parse_target(frame, "target", _WHERE, "id").to_list() == [1, 0]


def test_words_may_say_which_target_is_positive() -> None:
    frame = pl.DataFrame({"id": ["a", "b", "c"], "kind": ["mel", "nv", "bcc"]})
    found = parse_target(frame, "kind", _WHERE, "id", ["mel", "bcc"])
    assert found.to_list() == [1, 0, 1]
    odd = frame.with_columns(pl.Series("kind", ["Mel", "nv", "MEL "]))
    assert parse_target(odd, "kind", _WHERE, "id", ["mel"]).to_list() == [1, 0, 1]
    with pytest.raises(MelError, match=r"no row has the positive kind 'mell'; did you mean 'mel'"):
        parse_target(frame, "kind", _WHERE, "id", ["mell"])
    blank = frame.with_columns(pl.Series("kind", ["mel", None, "nv"]))
    with pytest.raises(MelError, match=r"no kind of image b \(1 row\); fill it in"):
        parse_target(blank, "kind", _WHERE, "id", ["mel"])


def test_missing_patients_are_refused_or_become_their_own() -> None:
    frame = pl.DataFrame({"id": list("abc"), "patient": [None, "p", "Unknown"]})
    with pytest.raises(MelError, match=r"2 rows without patient \(first: image a\); .*'own'"):
        fill_patients(frame, "patient", "refuse", _WHERE, "id")
    filled = fill_patients(frame, "patient", "own", _WHERE, "id")
    assert filled.to_list() == ["own-a", "p", "own-c"]


def test_a_sample_is_kept_in_its_order_or_made_in_the_tests(tmp_path: Path) -> None:
    test = pl.Series(["a", "b"])
    header = ("id", "p")
    made = make_sample(header, test)
    assert made.rows() == [("a", 0.0), ("b", 0.0)]
    read = read_sample(_csv(tmp_path, "id,p\nb,0\na,0.5\n"), header, test)
    assert read.rows() == [("b", 0.0), ("a", 0.5)]
    assert made.schema == read.schema == {"id": pl.String, "p": pl.Float64}


def test_a_sample_may_bring_its_own_header(tmp_path: Path) -> None:
    test = pl.Series(["a", "b"])
    assert read_sample(_csv(tmp_path, "x,y\nb,0\na,1\n"), None, test).columns == ["x", "y"]
    with pytest.raises(MelError, match=r"t.csv: has 3 columns \(x, y, z\); a sample has two"):
        read_sample(_csv(tmp_path, "x,y,z\nb,0,0\na,1,1\n"), None, test)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a,0\n", r"image 'b' is a test image but missing here \(1 such id\)"),
        ("a,0\nb,0\nc,0\n", r"image 'c' is no test image \(1 such id\)"),
        ("a,0\nb,x\n", r"p of image b is no number"),
    ],
)
def test_a_sample_of_other_images_is_refused(tmp_path: Path, rows: str, message: str) -> None:
    with pytest.raises(MelError, match=message):
        read_sample(_csv(tmp_path, "id,p\n" + rows), ("id", "p"), pl.Series(["a", "b"]))


def test_a_solution_is_read_where_there_is_one(tmp_path: Path) -> None:
    test = pl.Series(["b", "a"])
    assert read_solution(tmp_path / "absent.csv", ("id", "target"), test) is None
    path = _csv(tmp_path, "id,target\nb,1\na,0\n")
    found = read_solution(path, ("id", "target"), test)
    assert found is not None
    assert (found.columns, found.rows()) == (["image_id", "target"], [("a", 0), ("b", 1)])
    with pytest.raises(MelError, match=r"'z' is a test image but missing here"):
        read_solution(path, ("id", "target"), pl.Series(["a", "b", "z"]))
