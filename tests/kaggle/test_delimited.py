"""A CSV file that is not quite one is told apart from its fault, in one line."""

from pathlib import Path

import pytest

from mel.errors import MelError
from mel.kaggle.delimited import read_columns

_NEEDED = ["image", "sex"]


def _file(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        b"image,sex\nx,male\n",
        b"\xef\xbb\xbfimage,sex\r\nx,male\r\n",
        b'"image","sex"\n"x","male"\n',
        b"sex,image\nmale,x",
        b"image,sex\nx,male\n\n\n",
        b"image,sex\r\nx,male\r\n\r\n",
        b"image,sex\nx,male\n  \n\t\n",
    ],
    ids=[
        "plain",
        "a mark and Windows line ends",
        "quoted",
        "another order, no last line end",
        "blank lines at the end",
        "blank lines at the end, of Windows",
        "blank lines with blanks in them",
    ],
)
def test_what_spreadsheets_do_to_a_csv_is_no_fault(tmp_path: Path, content: bytes) -> None:
    frame, header = read_columns(_file(tmp_path, content), _NEEDED)
    assert sorted(header) == _NEEDED
    assert frame.select(_NEEDED).rows() == [("x", "male")]


def test_a_row_of_empty_fields_at_the_end_is_a_row(tmp_path: Path) -> None:
    """It is no blank line: whoever joins by an id must hear that it has none."""
    assert read_columns(_file(tmp_path, b"image,sex\nx,male\n,\n"), _NEEDED)[0].height == 2


def test_a_file_that_may_not_be_read_is_not_said_to_be_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for the right to read, which the superuser always has."""

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(MelError, match=r"t.csv: you may not read it .*chmod u\+r") as caught:
        read_columns(tmp_path / "t.csv", _NEEDED)
    assert "fetch" not in str(caught.value)


def test_only_the_columns_asked_for_are_read(tmp_path: Path) -> None:
    path = _file(tmp_path, b"image,a,sex,b\nx,1,male,2\n")
    assert read_columns(path, _NEEDED)[0].columns == _NEEDED
    assert read_columns(path, _NEEDED, ["b", "c"])[0].columns == [*_NEEDED, "b"]
    assert read_columns(path, _NEEDED, None)[0].columns == ["image", "a", "sex", "b"]


@pytest.mark.parametrize("row", [b"y,nevus, atypical,male,1", b"y,nevus", b'"y,nevus,male,1'])
def test_a_row_of_another_width_is_refused_whatever_columns_are_read(
    tmp_path: Path, row: bytes
) -> None:
    """A comma in a field moves all that follow: the target would be that of another column."""
    path = _file(tmp_path, b"image,dx,sex,target\nx,nevus,male,0\n" + row + b"\n")
    for needed in (["image"], ["image", "sex"], ["image", "target"]):
        with pytest.raises(MelError, match=r"line 3 has [125] fields?, the header 4; put quotes"):
            read_columns(path, needed)


def test_commas_and_line_ends_within_quotes_are_no_fault(tmp_path: Path) -> None:
    path = _file(tmp_path, b'image,sex\n"a,b","ma\nle"\nc,"f ""x"" f"\n')
    assert read_columns(path, _NEEDED)[0].rows() == [("a,b", "ma\nle"), ("c", 'f "x" f')]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"is empty; fetch it again"),
        (b" \n \n", r"is empty; fetch it again"),
        ("image,sex\nx,é\n".encode("utf-16"), r"is UTF-16 text, as Excel writes it; save it as"),
        ("image,sex\nx,é\n".encode("utf-16-le"), r"holds zero bytes, so is no UTF-8 text; save"),
        (
            "image,sex\nx,male\ny,m\u00e4nnlich\n".encode("cp1252"),
            r"line 3 is not UTF-8 \(byte 0xe4; a Windows encoding\?\); save it as CSV in UTF-8",
        ),
        (b"image,sex\rx,male\ry,male\r", r"has the line ends of old Macs; save it with those of"),
        (b"image;sex\nx;male\n", r"its columns are separated by ';'; save it with commas"),
        (b"image\tsex\nx\tmale\n", r"its columns are separated by tabs; save it with commas"),
        (b'"image"|"sex"\nx|male\n', r"its columns are separated by '\|'; save it with commas"),
        (
            b"ISIC_1,male\nISIC_2,female\n",
            r"none of the expected columns, its first line is 'ISIC_1,male'; if that is no header",
        ),
        (b"image,sex,sex\nx,male,male\n", r"column 'sex' stands 2 times; remove one"),
        (b"image,a,a,sex\nx,1,2,male\n", r"column 'a' stands 2 times; remove one"),
        (b"image,sexx\nx,male\n", r"no column 'sex'; did you mean 'sexx'\?"),
        (b"image,sex\nx,male,1,2\n", r"line 2 has 4 fields, the header 2; put quotes around a"),
    ],
)
def test_each_fault_has_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(MelError, match=rf"t.csv: {message}|t.csv: has {message}") as caught:
        read_columns(_file(tmp_path, content), _NEEDED)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value).removeprefix(str(tmp_path))) < 200
