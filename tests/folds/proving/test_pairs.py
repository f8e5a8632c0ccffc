"""Pairs of copies are read from mel's own file and from both published lists."""

from pathlib import Path

import polars as pl
import pytest

from mel.errors import MelError
from mel.folds.proving.pairs import as_pairs, read_pairs

EXACT = [("exact pair", "a", "b"), ("exact pair", "a", "c")]


@pytest.mark.parametrize(
    "text",
    [
        "image_name_1,image_name_2\nb,a\na,c\nc,a\n",
        "partition,ISIC_id,ISIC_id_paired\ntrain,b.jpg,a.JPG\ntrain,a,c\n",
        "image_id_1,image_id_2,kind,distance\na,b,exact,0\nc,a,exact,1\n",
    ],
)
def test_every_known_form_gives_each_pair_once(tmp_path: Path, text: str) -> None:
    (tmp_path / "list.csv").write_text(text)
    assert read_pairs(tmp_path / "list.csv").rows() == EXACT


def test_parquet_is_read_with_its_kinds_whatever_its_order(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"image_id_1": ["b", "c"], "image_id_2": ["a", "a"], "kind": ["near", "exact"]}
    )
    for rows in (frame, frame.reverse()):
        rows.write_parquet(tmp_path / "duplicates.parquet")
        found = read_pairs(str(tmp_path / "duplicates.parquet")).rows()
        assert found == [("exact pair", "a", "c"), ("near pair", "a", "b")]


def test_an_image_paired_with_itself_is_no_pair() -> None:
    frame = pl.DataFrame({"image_id_1": ["a", "a"], "image_id_2": ["a", "b"]})
    assert as_pairs(frame).rows() == EXACT[:1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("one,other\na,b\n", "has none of the column pairs image_id_1, image_id_2; .* but one"),
        ("image_id_1,image_2\na,b\n", "no column 'image_id_2'; did you mean"),
        ("image_id_1,image_id_2\na,\n", "1 row without image_id_2; complete or remove"),
        ("image_id_1,image_id_2,kind\na,b,nera\n", "unknown kind 'nera'; did you mean 'near'"),
        ("image_id_1,image_id_2\na,b,c\n", "is no readable CSV"),
    ],
)
def test_another_form_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(MelError, match=message) as caught:
        read_pairs(tmp_path / "list.csv")
    assert "list.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "message"), [("no.csv", "no such file"), ("no.pq", "no such")])
def test_a_missing_list_is_refused(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(MelError, match=message):
        read_pairs(tmp_path / name)


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.parquet").write_text("image_id_1,image_id_2\na,b\n")
    with pytest.raises(MelError, match="is no readable Parquet"):
        read_pairs(tmp_path / "list.parquet")


def test_the_published_list_of_2020_has_425_pairs(real_data: Path) -> None:
    found = read_pairs(real_data / "siim2020" / "ISIC_2020_Training_Duplicates.csv")
    assert found.height == 425
    assert found["kind"].unique().to_list() == ["exact pair"]
