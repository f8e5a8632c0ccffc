import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata, spearmanr

from mel.ensemble.ranks import compare, places

few = st.integers(-4, 4).map(float)
columns = st.lists(few, min_size=3, max_size=30).map(np.array)


@given(columns)
def test_places_are_mid_ranks(scores: np.ndarray) -> None:
    expected = (rankdata(scores) - 0.5) / len(scores)
    np.testing.assert_allclose(places(scores), expected, atol=1e-12, rtol=0)


@given(st.integers(0, 10_000))
def test_the_correlation_of_two_orders_is_spearmans(seed: int) -> None:
    one, other = np.random.default_rng(seed).integers(0, 6, (2, 40)).astype(float)
    found = compare([str(i) for i in range(40)], one, other)
    assert found is not None
    assert found.spearman == pytest.approx(spearmanr(one, other).statistic, abs=1e-9)


def test_the_same_order_has_no_moves() -> None:
    found = compare(["a", "b", "c"], np.array([1.0, 2, 3]), np.array([10.0, 20, 30]))
    assert found is not None
    assert (found.spearman, found.largest_move, found.moved_far) == (1.0, 0.0, 0.0)


def test_a_swap_of_the_ends_is_the_largest_move() -> None:
    ids = [f"i{n}" for n in range(5)]
    found = compare(ids, np.array([0.0, 1, 2, 3, 4]), np.array([4.0, 1, 2, 3, 0]))
    assert found is not None
    assert found.largest_move == pytest.approx(4)
    assert found.largest_share == pytest.approx(0.8)
    assert found.moved_far == pytest.approx(0.4)
    assert found.furthest in {"i0", "i4"}


def test_one_image_has_no_correlation_and_no_image_no_comparison() -> None:
    one = compare(["a"], np.array([1.0]), np.array([2.0]))
    assert one is not None
    assert one.spearman is None
    assert compare([], np.array([]), np.array([])) is None
