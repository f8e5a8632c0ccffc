import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import auc as trapezes
from sklearn.metrics import roc_auc_score, roc_curve

from mel.ensemble.methods import area
from mel.metrics import partial_auc

KINDS = (np.int32, np.int64, np.float64)


def found(target: np.ndarray, score: np.ndarray, above: float, kind: type = float) -> float:
    values = score.astype(kind)
    return area(values[target == 1], values[target == 0], above)


def isic_2024(target: np.ndarray, score: np.ndarray, above: float) -> float:
    """The competition's own lines: labels and scores turned round, the curve cut and joined."""
    false, true, _ = roc_curve(1 - target, -score)
    stop = np.searchsorted(false, 1 - above, "right")
    if stop == len(false):
        return trapezes(false, true)
    between = [false[stop - 1], false[stop]], [true[stop - 1], true[stop]]
    end = np.interp(1 - above, *between)
    return trapezes(np.append(false[:stop], 1 - above), np.append(true[:stop], end))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(2, 80),
    st.sampled_from([1, 2, 5, 1000]),
    st.sampled_from([0.0, 0.2, 0.5, 0.8, 0.97]),
)
def test_the_area_is_scikit_learns_and_isics(
    seed: int, images: int, values: int, above: float
) -> None:
    """Whatever is tied, all of it included, and for whole numbers as for others."""
    draw = np.random.default_rng(seed)
    target = (draw.random(images) < 0.3).astype(int)
    target[:2] = 0, 1
    score = draw.integers(0, values, images) + 2.0 * target * draw.integers(0, values, images)
    for kind in KINDS:
        exact = found(target, score, above, kind)
        assert exact == pytest.approx(isic_2024(target, score, above), abs=1e-12)
        assert exact == pytest.approx(partial_auc(target, score, above), abs=1e-12)
    if above == 0:
        assert exact == pytest.approx(roc_auc_score(target, score), abs=1e-12)


def test_a_perfect_order_a_tie_and_a_wrong_order_have_known_areas() -> None:
    target = np.repeat([0, 1], [70, 10])
    for above in (0.0, 0.8):
        room = 1 - above
        assert found(target, target, above) == pytest.approx(room)
        assert found(target, 0 * target, above) == pytest.approx(room**2 / 2)
        assert found(target, -target, above) == 0
