"""What pairs mean for a table, and the sheet on which a person sees them."""

import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from mel.kaggle.duplicates.review import SURPRISES, review
from mel.kaggle.duplicates.sheet import Shown, contact_sheet


def _table(**changes: list[object]) -> pl.DataFrame:
    columns: dict[str, list[object]] = {
        "image_id": ["a", "b", "c", "d"],
        "split": ["train"] * 4,
        "target": [0, 0, 0, 0],
        "patient_id": ["p"] * 4,
        "lesion_id": ["l"] * 4,
        "path": [f"{name}.jpg" for name in "abcd"],
        "source": ["here"] * 4,
    }
    return pl.DataFrame(columns | changes)


def _pairs(*rows: tuple[str, str, float], sources: tuple[str, str] = ("here", "here")):
    frame = pl.DataFrame(rows, ["image_id_1", "image_id_2", "distance"], orient="row")
    one, other = sources
    return frame.with_columns(
        kind=pl.lit("near"), source_1=pl.lit(one), source_2=pl.lit(other)
    ).select("image_id_1", "image_id_2", "kind", "distance", "source_1", "source_2")


@pytest.mark.parametrize(
    ("flag", "changes"),
    [
        ("conflict", {"target": [0, 1, 0, 0]}),
        ("crosses", {"split": ["train", "test", "train", "train"], "target": [0, None, 0, 0]}),
        ("patients", {"patient_id": ["p", "q", "p", "p"]}),
        ("lesions", {"lesion_id": ["l", "m", None, "l"]}),
    ],
)
def test_each_surprise_is_told_by_its_own_column(flag: str, changes: dict) -> None:
    found = review(_table(**changes), _pairs(("a", "b", 0.01), ("c", "d", 0.02)))
    assert found.reasons == [SURPRISES[flag]]
    assert found.surprising.select("image_id_1", "image_id_2").rows() == [("a", "b")]
    assert found.facts[SURPRISES[flag]] == "1"


def test_nothing_is_surprising_about_copies_within_one_patient() -> None:
    found = review(_table(), _pairs(("a", "b", 0.01)))
    assert found.reasons == []
    assert found.facts["near"] == "1 (0 across sources)"


def test_patients_of_two_sources_and_patients_made_for_one_image_are_not_told_apart() -> None:
    other = _table(patient_id=["p", "q", "own-c", "p"], source=["here", "there", "here", "here"])
    across = review(other, _pairs(("a", "b", 0.01), sources=("here", "there")))
    own = review(other, _pairs(("c", "d", 0.01)))
    assert across.reasons == own.reasons == []
    assert across.facts["near"] == "1 (1 across sources)"


def test_the_worst_surprise_comes_first_and_then_the_most_distant_pair() -> None:
    table = _table(target=[0, 0, 0, 1], patient_id=["p", "q", "p", "p"])
    pairs = _pairs(("a", "c", 0.03), ("c", "d", 0.01), ("a", "b", 0.02), ("b", "c", 0.03))
    found = review(table, pairs)
    assert found.frame.select("image_id_1", "image_id_2").rows() == [
        ("c", "d"),
        ("b", "c"),
        ("a", "b"),
        ("a", "c"),
    ]


def test_listed_pairs_are_marked_and_taken_in_where_they_were_not_found() -> None:
    listed = pl.DataFrame({"image_id_1": ["a", "c"], "image_id_2": ["b", "d"]})
    found = review(_table(), _pairs(("a", "b", 0.02), ("a", "c", 0.03)), [listed, listed])
    rows = found.frame.select("image_id_1", "image_id_2", "distance", "listed").rows()
    assert rows == [("a", "c", 0.03, False), ("a", "b", 0.02, True), ("c", "d", None, True)]
    assert found.facts["listed"] == "2 (1 found, 1 not)"
    assert found.frame["source_1"].null_count() == 0


def test_a_table_without_pairs_and_without_lesions_has_a_review_too() -> None:
    found = review(_table().drop("lesion_id"), _pairs(("a", "b", 0.1)).clear())
    assert (found.reasons, found.facts["pairs"]) == ([], "0")


def test_the_sheet_shows_both_pictures_of_each_pair_and_grey_for_a_broken_one(
    tmp_path: Path,
) -> None:
    for name, colour in (("red", (200, 0, 0)), ("blue", (0, 0, 200))):
        Image.new("RGB", (40, 30), colour).save(tmp_path / f"{name}.png")
    red, blue = (str(tmp_path / f"{name}.png") for name in ("red", "blue"))
    shown = [Shown(red, blue, "one  other  0.01", "different targets"), Shown(red, "none.jpg", "")]
    page = contact_sheet([("nothing", []), ("pairs", shown)])
    pixels = np.asarray(Image.open(io.BytesIO(page)).convert("RGB")).reshape(-1, 3)
    colours, counts = np.unique(pixels, axis=0, return_counts=True)
    many = {tuple(c.tolist()): int(n) for c, n in zip(colours, counts, strict=True)}
    square = many[(0, 0, 200)]
    assert many[(200, 0, 0)] == 2 * square
    assert many[(128, 128, 128)] >= square
