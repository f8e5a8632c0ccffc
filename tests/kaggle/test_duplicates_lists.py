"""Published lists of duplicates: both forms, and what is refused."""

from pathlib import Path

import polars as pl
import pytest

from mel.errors import MelError
from mel.kaggle.duplicates import read_list

_IDS = ["a", "b", "c", "d"]


@pytest.fixture
def listed(tmp_path: Path):
    """Give a function that writes a list and gives its path."""

    def write(text: str) -> Path:
        path = tmp_path / "list.csv"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize(
    "text",
    [
        "image_name_1,image_name_2\na,b\nd,c\n",
        "ISIC_id,ISIC_id_paired,partition\nb,a,train\nc,d,test\n",
        "partition,ISIC_id_paired,ISIC_id\ntrain,a.jpg,b.JPG\ntrain,c.png,d.dcm\n",
        "image_name_1,image_name_2\na,b\nb,a\na,b\nc,d\n",
    ],
    ids=["isic", "host", "with extensions, in another order", "pairs twice and turned"],
)
def test_every_public_form_gives_the_same_pairs(listed, text: str) -> None:
    pairs = read_list(listed(text), _IDS)
    assert pairs.columns == ["image_id_1", "image_id_2"]
    assert pairs.rows() == [("a", "b"), ("c", "d")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("left,right\na,b\n", "has neither the columns image_name_1 and image_name_2 nor ISIC_id"),
        ("image_name_1,image_name_2\na,\n", "1 row without image_name_2; complete or remove"),
        ("image_name_1,image_name_2\na,a\n", "pairs image 'a' with itself .1 row."),
        ("image_name_1,image_name_2\na,x\nx,y\n", "image 'x' is none of this table's .2 such"),
        ("ISIC_id;ISIC_id_paired\na;b\n", "columns are separated by ';'; save it with commas"),
        ("image_name_1\na\n", "has neither the columns image_name_1 and|no column 'image_name_2'"),
        ("image_name_1,image_name_2\na,b,c\n", "line 2 has 3 fields, the header 2"),
    ],
    ids=["other columns", "empty name", "with itself", "unknown", "semicolons", "one", "wide"],
)
def test_a_broken_list_is_refused_with_a_way_out(listed, text: str, message: str) -> None:
    with pytest.raises(MelError, match=message):
        read_list(listed(text), _IDS)


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MelError, match=r"none.csv: no such file; correct the path"):
        read_list(tmp_path / "none.csv", _IDS)


def test_without_strictness_pairs_of_other_images_are_left_out_and_counted(listed, capsys) -> None:
    path = listed("image_name_1,image_name_2\na,x\na,b\n")
    assert read_list(path, _IDS, strict=False).rows() == [("a", "b")]
    assert "1 of 2 pairs left out" in capsys.readouterr().err


def test_the_published_list_of_2020_has_425_pairs(real_data: Path) -> None:
    folder = real_data / "siim2020"
    ids = pl.read_csv(folder / "train.csv")["image_name"]
    pairs = read_list(folder / "ISIC_2020_Training_Duplicates.csv", ids)
    assert pairs.height == 425
    assert (pairs["image_id_1"] < pairs["image_id_2"]).all()
