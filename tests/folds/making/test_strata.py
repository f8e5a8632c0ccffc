"""Properties of images have categories: values or bands, what is missing among them."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mel.errors import MelError
from mel.folds.making.strata import banded, image_strata


def images(**columns: object) -> pl.DataFrame:
    """A hundred images that are alike but for `columns`."""
    frame = pl.DataFrame({"image_id": [f"i{n:03d}" for n in range(100)]})
    frame = frame.with_columns(
        sex=pl.lit("male"), age=pl.lit(50.0), site=pl.lit(None), source=pl.lit("one")
    )
    return frame.with_columns(pl.Series(name, values) for name, values in columns.items())


def named(frame: pl.DataFrame, *columns: str) -> dict[str, tuple[str, ...]]:
    return {stratum.name: stratum.labels for stratum in image_strata(frame, columns)}


def test_what_is_alike_in_all_images_is_left_out() -> None:
    assert named(images()) == {}


def test_missing_values_are_a_category_of_their_own_and_come_last() -> None:
    frame = images(sex=["male", None] * 50, site=["torso", None, "head/neck", "unknown"] * 25)
    assert named(frame) == {
        "sex": ("male", "missing"),
        "site": ("head/neck", "torso", "missing"),
    }
    codes = image_strata(frame)[1].codes
    assert codes[:4].tolist() == [1, 2, 0, 2]


def test_ages_fall_into_bands_of_ten_years() -> None:
    frame = images(age=[None, 0.0, 19.9, 20.0, 79.0, 80.0, 90.0, 45.0, 45.0, 45.0] * 10)
    (stratum,) = image_strata(frame)
    assert stratum.labels == (
        "under 20",
        "20 to 30",
        "40 to 50",
        "70 to 80",
        "80 and over",
        "missing",
    )
    assert stratum.codes[:7].tolist() == [5, 0, 0, 1, 3, 4, 4]


@given(st.lists(st.floats(0, 100) | st.just(float("nan")), min_size=1, max_size=50))
def test_a_band_holds_the_numbers_from_its_edge_to_the_next(numbers: list[float]) -> None:
    edges = (10, 20.5, 60)
    found = banded("x", np.array(numbers), edges)
    texts = ("under 10", "10 to 20.5", "20.5 to 60", "60 and over", "missing")
    for number, code in zip(numbers, found.codes, strict=True):
        place = 4 if np.isnan(number) else sum(number >= edge for edge in edges)
        assert found.labels[code] == texts[place]


def test_a_further_column_counts_by_value_the_rarest_together() -> None:
    words = [f"w{n:02d}" for n in range(19) for _ in range(4)] + [f"x{n}" for n in range(12)] * 2
    labels = named(images(clinic=words), "clinic")["clinic"]
    assert labels == (*(f"w{n:02d}" for n in range(19)), "other")
    assert named(images(flag=[True, False] * 50), "flag") == {"flag": ("false", "true")}


def test_a_further_column_of_numbers_counts_by_value_or_in_eight_even_bands() -> None:
    assert named(images(grade=[1, 2, 3, None] * 25), "grade")["grade"] == (
        *("under 2", "2 to 3", "3 and over", "missing"),
    )
    (bands,) = image_strata(images(width=[n**2 for n in range(100)]), ["width"])
    assert len(bands.labels) == 8
    assert set(np.bincount(bands.codes)) == {12, 13}
    assert bands.labels[:2] == ("under 144", "144 to 625")
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=n) for n in range(100)]
    assert len(image_strata(images(day=days), ["day"])[0].labels) == 8


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("clinc", "no column 'clinc'; did you mean 'clinic'"),
        ("sex", "'sex' is balanced anyway; remove it"),
        ("image_id", "'image_id' has no categories to spread"),
        ("same", "'same' is the same in every train image; remove it"),
        ("empty", "'empty' is the same in every train image; remove it"),
        ("zeros", "'zeros' is the same in every train image; remove it"),
        ("name", "'name' has 100 values in 100 images, too many to spread"),
        ("boxes", "'boxes' has no categories to spread"),
    ],
)
def test_a_column_that_cannot_be_balanced_is_refused(column: str, message: str) -> None:
    frame = images(
        clinic=["a", "b"] * 50,
        same=["x"] * 100,
        empty=pl.Series([None] * 100, dtype=pl.String),
        zeros=[0.0] * 100,
        name=[f"n{n}" for n in range(100)],
        boxes=[[1]] * 100,
    )
    with pytest.raises(MelError) as caught:
        image_strata(frame, [column])
    assert str(caught.value).startswith(f"balance: {message}")


@given(st.integers(0, 2**32))
def test_the_categories_ignore_the_order_of_the_rows(seed: int) -> None:
    frame = images(clinic=["a", "b", "c", "d"] * 25, width=list(range(100)))
    mixed = frame.sample(fraction=1, shuffle=True, seed=seed)
    assert named(mixed, "clinic", "width") == named(frame, "clinic", "width")


@pytest.mark.parametrize("name", ["count", "code", "value", "column"])
def test_a_column_may_be_called_anything(name: str) -> None:
    assert named(images(**{name: ["b", "a"] * 50}), name) == {name: ("a", "b")}


def test_a_column_named_twice_is_refused() -> None:
    with pytest.raises(MelError, match="balance: 'width' is named twice; name it once"):
        image_strata(images(width=[1, 2] * 50), ["width", "width"])
