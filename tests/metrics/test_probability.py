"""Brier is scikit-learn's; reliability groups images by nothing but their probabilities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from mel.errors import MelError
from mel.metrics import Resamples, brier, calibration_error, reliability

pairs = st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=1, max_size=40)


@given(pairs, st.randoms())
def test_the_order_of_rows_and_ties_change_nothing(rows: list, random) -> None:
    order = random.sample(rows, len(rows))
    one, two = (np.array(given).T for given in (rows, order))
    assert brier(*one) == pytest.approx(brier_score_loss(*one), abs=1e-12)
    assert calibration_error(*one) == pytest.approx(calibration_error(*two), abs=1e-12)
    assert 0 <= calibration_error(*one) <= 1
    assert calibration_error(one[0], one[0]) == 0


def case(shift: float = 0.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray, Resamples]:
    draw = np.random.default_rng(seed)
    said = draw.beta(0.3, 6, 8000)
    target = draw.random(8000) < said
    return target, np.clip(said + shift, 0, 1), Resamples(np.arange(8000) // 4, resamples=200)


def test_honest_probabilities_have_a_small_error_and_intervals_that_hold_them() -> None:
    target, said, draws = case()
    curve = reliability(target, said, draws)
    assert sum(curve.images) == 8000
    assert sum(curve.positives) == target.sum()
    assert list(curve.said) == sorted(curve.said)
    together = zip(curve.low, curve.seen, curve.high, strict=True)
    assert all(low <= seen <= high for low, seen, high in together)
    assert calibration_error(target, said) < 0.01


def test_the_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    held = 0
    for seed in range(10):
        target, said, draws = case(seed=seed)
        curve = reliability(target, said, draws)
        inside = zip(curve.low, curve.said, curve.high, strict=True)
        held += sum(low <= value <= high for low, value, high in inside)
    assert 88 <= held <= 100


def test_an_offset_is_the_error_that_it_makes() -> None:
    target, said, draws = case(shift=0.2)
    assert calibration_error(target, said) == pytest.approx(0.2, abs=0.02)
    assert brier(target, said) > brier(target, case()[1]) + 0.03
    curve = reliability(target, said, draws)
    assert all(value > high for value, high in zip(curve.said[:-2], curve.high, strict=False))


def test_a_group_without_positives_keeps_an_honest_upper_end() -> None:
    target, said = np.repeat([0, 1], 50), np.repeat([0.1, 0.9], 50)
    curve = reliability(target, said, Resamples(np.arange(100)), bins=2)
    assert curve.low[0] == 0 < curve.high[0] == pytest.approx(0.0713, abs=1e-4)
    assert curve.low[1] == pytest.approx(0.9287, abs=1e-4)
    assert curve.high[1] == 1


@pytest.mark.parametrize("said", [[-0.1, 0.5], [0.5, 1.1], [0.5, float("nan")], []])
def test_what_is_no_probability_is_refused(said: list[float]) -> None:
    with pytest.raises(MelError, match="calibrat"):
        brier([0, 1][: len(said)], said)
