import numpy as np
import polars as pl
import pytest

from mel.kaggle.exploring.shift import shifts


def _of(frame: pl.DataFrame) -> dict[str, tuple[float, float, bool]]:
    return {row[0]: row[1:] for row in shifts(frame).iter_rows()}


def test_a_random_split_is_not_called_a_shift(make) -> None:
    found = _of(make(300, 150).frame)
    assert set(found) == {"sex", "age_band", "site"}
    assert not any(shifted for _, _, shifted in found.values())


def test_the_distance_is_the_share_that_would_have_to_change(make) -> None:
    sex = ["male"] * 75 + ["female"] * 225 + ["male"] * 75 + ["female"] * 25
    distance, chance, shifted = _of(make(300, 100, sex=sex).frame)["sex"]
    assert distance == pytest.approx(0.5)
    assert 0 < chance < distance
    assert shifted


def test_sides_with_nothing_in_common_are_one_apart(make) -> None:
    width = [100.0] * 300 + [200.0] * 90
    frame = make(width=width, height=width).frame
    frame = frame.with_columns(size=pl.col("width").cast(pl.String))
    assert _of(frame)["size"][0] == pytest.approx(1.0)


def test_few_patients_with_many_images_make_more_chance(make) -> None:
    """Thirty images of ten patients say no more than ten images would."""
    rng = np.random.default_rng(0)
    own = rng.choice(["torso", "head/neck"], 40).tolist()
    large = make(
        300,
        100,
        site=[own[n // 10] for n in range(400)],
        patient_id=[f"{'t' if n >= 300 else 'p'}{n // 10}" for n in range(400)],
    )
    small = make(
        300,
        100,
        site=[own[n // 10] for n in range(400)],
        patient_id=[f"{'t' if n >= 300 else 'p'}{n}" for n in range(400)],
    )
    assert _of(large.frame)["site"][0] == pytest.approx(_of(small.frame)["site"][0])
    assert _of(large.frame)["site"][1] > 2 * _of(small.frame)["site"][1]


def test_a_column_unknown_on_one_side_is_left_out(make) -> None:
    frame = make(sex=["male", "female"] * 150 + [None] * 90).frame
    assert "sex" not in _of(frame)


def test_missing_is_a_value_of_its_own(make) -> None:
    sex = ["male"] * 300 + ["male"] * 45 + [None] * 45
    assert _of(make(sex=sex).frame)["sex"][0] == pytest.approx(0.5)


def test_without_a_test_set_there_is_nothing_to_compare(make) -> None:
    assert shifts(make(30, 0).frame).height == 0


def test_the_order_of_the_rows_changes_nothing(make) -> None:
    frame = make().frame
    assert shifts(frame).equals(shifts(frame.sample(fraction=1, shuffle=True, seed=3)))
