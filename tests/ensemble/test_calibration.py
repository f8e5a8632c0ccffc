"""A probability depends on its own score alone, rises with it, and can be moved to a prevalence."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from mel.ensemble.calibration import Calibration, logits, shifted
from mel.ensemble.operating import OperatingPoint, Share
from mel.ensemble.proof.fitting import METHODS, fit
from mel.errors import MelError

DRAW = np.random.default_rng(1)
SCORE = DRAW.random(3000).round(4)
TARGET = (DRAW.random(3000) < SCORE**4).astype(float)
FITTED = {method: fit(method, TARGET, SCORE) for method in METHODS}
shares = st.floats(0.001, 0.999)


@settings(max_examples=50)
@given(st.sampled_from(METHODS), st.lists(st.floats(-0.5, 1.5), min_size=1, max_size=40), shares)
def test_one_score_alone_gets_what_it_gets_in_a_batch_and_higher_ones_no_less(
    method: str, scores: list[float], prevalence: float
) -> None:
    found = FITTED[method].apply(scores, prevalence)
    assert found.tolist() == [FITTED[method].apply([score], prevalence)[0] for score in scores]
    assert (np.diff(found[np.argsort(scores, kind="stable")]) >= 0).all()
    assert found.min() > 0
    assert found.max() < 1


@given(shares, shares, shares)
def test_a_shift_multiplies_the_odds_and_there_is_a_way_back(
    said: float, one: float, two: float
) -> None:
    moved = shifted([said], trained=one, used=two)
    factor = two / (1 - two) / (one / (1 - one))
    assert moved[0] / (1 - moved[0]) == pytest.approx(said / (1 - said) * factor, rel=1e-6)
    assert shifted(moved, trained=two, used=one) == pytest.approx([said], rel=1e-6)


def test_a_shift_is_right_where_only_the_share_of_positives_differs() -> None:
    keep = (TARGET == 1) | (np.arange(3000) % 5 == 0)
    rarer = FITTED["platt"].apply(SCORE[keep], TARGET[keep].mean())
    assert rarer.mean() == pytest.approx(TARGET[keep].mean(), abs=0.02)
    assert abs(FITTED["platt"].apply(SCORE[keep]).mean() - TARGET[keep].mean()) > 0.1


def test_platt_is_the_logistic_regression_and_temperature_only_turns() -> None:
    model = LogisticRegression(C=1e9, tol=1e-10).fit(logits(SCORE)[:, None], TARGET)
    assert FITTED["platt"].slope == pytest.approx(model.coef_[0, 0], rel=0.01)
    assert FITTED["platt"].offset == pytest.approx(model.intercept_[0], abs=0.02)
    prevalence = FITTED["temperature"].prevalence
    assert FITTED["temperature"].apply([0.5])[0] == pytest.approx(prevalence)
    assert FITTED["isotonic"].apply(SCORE).mean() == pytest.approx(TARGET.mean(), abs=1e-3)


def test_few_images_that_part_perfectly_are_not_taken_for_certain() -> None:
    """Platt's targets: (2 + 1) / (2 + 2) for two positives, 1 / (6 + 2) for six negatives."""
    target, score = np.repeat([1.0, 0.0], [2, 6]), np.repeat([0.9, 0.1], [2, 6])
    found = fit("platt", target, score)
    assert found.prevalence == 3 / 10
    np.testing.assert_allclose(found.apply([0.9, 0.1]), [3 / 4, 1 / 8], atol=1e-6)
    none = fit("isotonic", np.zeros(8), score)
    assert none.apply([0.9]) == [0.5 / 8]


@pytest.mark.parametrize("method", METHODS)
def test_scores_that_say_nothing_or_the_reverse_give_no_falling_curve(method: str) -> None:
    for scores in (1 - SCORE, np.full(3000, 0.3), (TARGET + 1) / 3):
        found = fit(method, TARGET, scores).apply(np.linspace(0, 1, 9))
        assert (np.diff(found) >= 0).all()
        assert np.isfinite(found).all()


@pytest.mark.parametrize("method", METHODS)
def test_what_is_written_is_read_as_plain_numbers(method: str) -> None:
    text = json.dumps(FITTED[method].as_dict())
    assert Calibration.of(json.loads(text)) == FITTED[method]


WRONG = [{"slope": -1.0}, {"prevalence": 0.0}, {"used_at": 1.0}, {"offset": float("nan")}]
WRONG += [
    {"knots": [0.2, 0.1], "levels": [0.1, 0.2]},
    {"knots": [0.1], "levels": []},
    {"slope": "x"},
]


@pytest.mark.parametrize("change", WRONG, ids=str)
def test_a_calibration_that_does_not_rise_is_refused(change: dict) -> None:
    with pytest.raises(MelError):
        Calibration.of(FITTED["platt"].as_dict() | change)
    with pytest.raises(MelError, match="not finite"):
        FITTED["platt"].apply([float("nan")])
    with pytest.raises(MelError, match="a prevalence of"):
        FITTED["platt"].apply([0.5], prevalence=1.5)


def test_an_operating_point_is_read_as_it_was_written_and_nothing_else_is() -> None:
    share = Share(0.9, 0.8, 0.95)
    point = OperatingPoint("sensitivity", 0.9, 0.7, 0.6, 0.8, 0.02, share, share, share, share)
    content = json.loads(json.dumps(point.as_dict()))
    assert OperatingPoint.of(content) == point
    assert point.goal == "sensitivity of at least 90 %"
    for bad in ({"aim": 3}, {"sensitivity": None}, {"sensitivity": {"value": 1.0}}):
        with pytest.raises((MelError, TypeError)):
            OperatingPoint.of(content | bad)
