import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from mel.kaggle.exploring.rates import MISSING, OTHER, band, banded, target_by, wilson


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_wilsons(counts: tuple[int, int]) -> None:
    """The oracle is scipy's."""
    hits, images = counts
    known = binomtest(hits, images).proportion_ci(method="wilson")
    low, high = wilson([hits], [images])
    assert low[0] == pytest.approx(known.low, abs=1e-9)
    assert high[0] == pytest.approx(known.high, abs=1e-9)
    assert 0 <= low[0] <= hits / images <= high[0] <= 1


def test_no_images_have_no_interval() -> None:
    low, high = wilson([0], [0])
    assert np.isnan(low[0])
    assert np.isnan(high[0])


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), st.integers(0, 1)), min_size=1))
def test_every_labelled_image_is_counted_once(pairs: list[tuple[str | None, int]]) -> None:
    frame = pl.DataFrame(
        {"x": [p[0] for p in pairs], "target": [p[1] for p in pairs]},
        schema={"x": pl.String, "target": pl.Int8},
    ).with_row_index("patient_id")
    found = target_by(frame, "x")
    assert found["images"].sum() == len(pairs)
    assert found["positives"].sum() == sum(p[1] for p in pairs)
    for value, images, _, positives, share, low, high in found.iter_rows():
        own = [p[1] for p in pairs if (p[0] or MISSING) == value]
        assert (images, positives) == (len(own), sum(own))
        assert low <= share <= high
    assert found.equals(target_by(frame.sample(fraction=1, shuffle=True, seed=1), "x"))


def test_rare_values_are_collected_and_missing_ones_come_last() -> None:
    values = [word for n in range(40) for word in [f"v{n:02d}"] * (40 - n)] + [None] * 900
    frame = pl.DataFrame({"x": values, "target": 0, "patient_id": "p"})
    found = target_by(frame, "x", most=5)
    assert found["value"].to_list() == ["v00", "v01", "v02", "v03", "v04", OTHER, MISSING]
    assert found["images"].sum() == len(values)


def test_one_value_more_than_the_most_is_not_hidden_behind_other() -> None:
    frame = pl.DataFrame({"x": list("abcdef"), "target": 0, "patient_id": "p"})
    assert OTHER not in target_by(frame, "x", most=5)["value"]


@given(st.integers(0, 119), st.integers(1, 130))
def test_an_age_and_a_patient_are_in_the_band_that_names_them(age: int, images: int) -> None:
    frame = pl.DataFrame({"age": [float(age)] * images, "patient_id": ["p"] * images})
    age_band, patient_band = banded(frame).select("age_band", "images_per_patient").row(0)
    assert _inside(age, age_band.replace("under", "0 to").replace("or more", "to 200"), age < 20)
    assert _inside(images, patient_band.replace("over 100", "101 to 999"), False)


def _inside(number: int, name: str, below: bool) -> bool:
    first, _, last = name.partition(" to ")
    return int(first) <= number <= (int(last or first) - (1 if below else 0))


def test_a_missing_number_is_in_no_band() -> None:
    found = pl.select(band(pl.lit(pl.Series([None, 1.0])), [2], ["low", "high"]))
    assert found.to_series().to_list() == [None, "low"]


def test_bands_come_in_their_order_not_by_how_many_they_hold() -> None:
    frame = pl.DataFrame({"age": [85.0] * 9 + [25.0] + [5.0] * 3, "target": 0, "patient_id": "p"})
    found = target_by(banded(frame), "age_band")
    assert found["value"].to_list() == ["under 20", "20 to 29", "80 or more"]
