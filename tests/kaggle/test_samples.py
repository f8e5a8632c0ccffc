"""The sample and the solution are of exactly the test images."""

from pathlib import Path

import polars as pl
import pytest

from mel.errors import MelError
from mel.kaggle.samples import make_sample, read_sample, read_solution


def _csv(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    return path


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
