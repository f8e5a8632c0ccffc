"""DeLong's variance is that of the definition, pair by pair; the test is calibrated."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mel.errors import MelError
from mel.metrics import auc, delong, paired

tied = st.integers(-3, 3).map(float)
sample = st.lists(st.tuples(tied, tied), min_size=2, max_size=12)


def by_pairs(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The definition of 1988: structural components over all pairs, positives x negatives."""
    kernel = (first[:, None] > second) + (first[:, None] == second) / 2
    return kernel.mean(axis=1), kernel.mean(axis=0)


@given(sample, sample)
def test_the_covariance_is_that_of_all_pairs(positives: list, negatives: list) -> None:
    high, low = np.array(positives), np.array(negatives)
    parts = [by_pairs(high[:, k], low[:, k]) for k in (0, 1)]
    expected = np.cov([v10 for v10, _ in parts]) / len(high)
    expected += np.cov([v01 for _, v01 in parts]) / len(low)
    target = np.r_[np.ones(len(high)), np.zeros(len(low))]
    aucs, covariance = delong(target, list(np.r_[high, low].T))
    np.testing.assert_allclose(covariance, expected, atol=1e-12)
    assert aucs == pytest.approx([auc(target, score) for score in np.r_[high, low].T])


def test_the_interval_of_a_difference_covers_the_truth_and_p_is_rarely_small_without_one() -> None:
    draw = np.random.default_rng(3)
    small = held = 0
    for _ in range(200):
        target = draw.random(400) < 0.2
        shared = target + draw.normal(size=400)
        found = paired(target, *(shared + 0.5 * draw.normal(size=400) for _ in range(2)))
        small += found.p < 0.05
        held += found.low < 0 < found.high
        assert (found.p < 0.05) == (not found.low < 0 < found.high)
    assert 2 <= small <= 20
    assert small + held == 200


def test_the_order_of_the_two_turns_the_gain_round_and_equals_have_none() -> None:
    draw = np.random.default_rng(0)
    target = draw.random(300) < 0.3
    good, bad = (gap * target + draw.normal(size=300) for gap in (2.0, 1.0))
    one, two = paired(target, good, bad), paired(target, bad, good)
    assert one.gain == pytest.approx(auc(target, good) - auc(target, bad))
    assert (two.gain, two.low, two.high) == pytest.approx((-one.gain, -one.high, -one.low))
    assert one.p == two.p < 0.01
    same = paired(target, good, 3 * good + 1)
    assert (same.gain, same.p) == (0, 1)
    assert paired([0, 0, 1, 1], [0, 1, 2, 3], [3, 2, 1, 0]).p == 0


@pytest.mark.parametrize(
    ("target", "words"), [([0, 0, 0], "needs both classes"), ([0, 0, 1], "two images of each")]
)
def test_too_few_of_a_class_are_refused(target: list[int], words: str) -> None:
    with pytest.raises(MelError, match=words):
        paired(target, [0.1, 0.2, 0.3], [0.1, 0.2, 0.3])
