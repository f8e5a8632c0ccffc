"""Groups are the connected components over patient, lesion and duplicate."""

from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from mel.errors import MelError
from mel.folds import groups
from mel.tables import ImageTable

EFFORT = effort(max_examples=60, deadline=None)  # the first example imports scipy
LINKS = ("patient_id", "lesion_id", "duplicate_id")


def by_merging(frame: pl.DataFrame) -> dict[str, str]:
    """Reference: merge the groups of every two images that share an id, until nothing changes."""
    group = {image: image for image in frame["image_id"]}
    changed = True
    while changed:
        changed = False
        for link in LINKS:
            for images in frame.drop_nulls(link).group_by(link).agg("image_id")["image_id"]:
                smallest = min(group[image] for image in images)
                changed |= any(group[image] != smallest for image in images)
                group |= dict.fromkeys(images, smallest)
    return group


@EFFORT
@given(data=st.data())
def test_groups_are_those_of_merging_whatever_shares_an_id(
    tables: st.SearchStrategy[ImageTable], data: st.DataObject
) -> None:
    frame = data.draw(tables).frame
    assert dict(groups(frame).iter_rows()) == by_merging(frame)


@EFFORT
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_groups_ignore_row_order(
    tables: st.SearchStrategy[ImageTable], data: st.DataObject, seed: int
) -> None:
    frame = data.draw(tables).frame
    assert groups(frame.sample(fraction=1, shuffle=True, seed=seed)).equals(groups(frame))


def test_a_chain_of_patient_lesion_and_duplicate_is_one_group_named_after_its_smallest_image(
    make_table: Callable[..., ImageTable],
) -> None:
    rows = [
        ("p9", None, None, 0),
        ("p1", "l1", None, 0),
        ("p1", None, None, 0),
        ("p2", "l1", "d1", 0),
        ("p3", None, "d1", 0),
    ]
    found = groups(make_table(rows).frame)
    assert found["group"].to_list() == ["i000", "i001", "i001", "i001", "i001"]


@pytest.mark.parametrize("blank", [None, "", " ", "unknown", "NaN"])
def test_missing_and_blank_ids_link_nothing(
    make_table: Callable[..., ImageTable], blank: str | None
) -> None:
    found = groups(make_table([(f"p{n}", blank, blank, 0) for n in range(4)]).frame)
    assert found["group"].to_list() == found["image_id"].to_list()


def test_lesions_and_duplicates_may_be_absent_or_numbers() -> None:
    frame = pl.DataFrame({"image_id": ["a", "b", "c"], "patient_id": ["p", "q", "r"]})
    assert groups(frame)["group"].to_list() == ["a", "b", "c"]
    numbered = frame.with_columns(lesion_id=pl.Series([7, None, 7]))
    assert groups(numbered)["group"].to_list() == ["a", "b", "a"]


def test_no_images_make_no_groups() -> None:
    frame = pl.DataFrame(schema={"image_id": pl.String, "patient_id": pl.String})
    assert groups(frame).schema == {"image_id": pl.String, "group": pl.String}
    assert groups(frame).is_empty()


def test_a_missing_column_and_a_repeated_image_are_refused() -> None:
    with pytest.raises(MelError, match="no column 'patient_id'; did you mean 'patient'"):
        groups(pl.DataFrame({"image_id": ["a"], "patient": ["p"]}))
    with pytest.raises(MelError, match="image_id 'a' stands 2 times"):
        groups(pl.DataFrame({"image_id": ["a", "a"], "patient_id": ["p", "q"]}))
