"""Groups are dealt so that chi-square is small, both classes are everywhere, and sums are exact."""

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from numpy.typing import NDArray

from mel.folds.making.balancing import deal

EFFORT = effort(max_examples=40, deadline=None)
Whole = NDArray[np.int64]


def drawn(seed: int, groups: int, categories: int, most: int = 30) -> tuple[Whole, Whole]:
    """Draw groups, largest first, that have a positive and a negative each."""
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.integers(2, most, groups))[::-1]
    parts = [rng.binomial(rows, rng.uniform(0, 0.7)) for _ in range(categories)]
    positives = rng.integers(1, rows)
    return np.stack([rows, positives, *parts], axis=1), rows - positives


def chi_square(counts: Whole, place: Whole, shares: tuple[int, ...], boost: float = 50.0) -> float:
    """Reference: the sum that `deal` says it makes small, written down as it is defined."""
    found = 0.0
    least = 5 * sum(shares) / min(shares)
    for fold, share in enumerate(shares):
        part = share / sum(shares)
        for column, total in enumerate(counts.sum(axis=0)):
            off = counts[place == fold, column].sum() - part * total
            weight = boost if column == 1 else 1.0
            found += weight * off**2 / (part * max(total, least))
    return found


@EFFORT
@given(st.integers(0, 10**6), st.sampled_from([(1, 1), (1, 1, 1), (1, 4), (3, 5, 2)]))
def test_no_move_and_no_swap_of_two_makes_chi_square_smaller(
    seed: int, shares: tuple[int, ...]
) -> None:
    counts, negatives = drawn(seed, 14, 4)
    place = deal(counts, negatives, shares)
    best = chi_square(counts, place, shares)
    n = len(counts)
    for one, other in itertools.product(range(n), repeat=2):
        swapped = place.copy()
        swapped[one], swapped[other] = place[other], place[one]
        assert chi_square(counts, swapped, shares) >= best * (1 - 1e-6)
    for one, fold in itertools.product(range(n), range(len(shares))):
        moved = place.copy()
        moved[one] = fold
        if len(np.unique(moved)) == len(shares):
            assert chi_square(counts, moved, shares) >= best * (1 - 1e-6)


def test_few_groups_are_dealt_nearly_as_well_as_can_be() -> None:
    """Against all 3^9 ways, in the middle of twenty draws."""
    ratios = []
    ways = np.array(list(itertools.product(range(3), repeat=8)))
    for seed in range(20):
        counts, negatives = drawn(seed, 8, 2)
        totals = counts.sum(axis=0)
        weights = np.array([1.0, 50.0, 1.0, 1.0]) / np.maximum(totals, 15)
        off = np.stack([(ways == fold) @ counts for fold in range(3)]) - totals / 3
        least = float(((off**2).sum(axis=0) @ weights).min())
        found = chi_square(counts, deal(counts, negatives, (1, 1, 1)), (1, 1, 1)) / 3
        ratios.append(found / least)
    assert min(ratios) > 1 - 1e-9
    assert np.median(ratios) < 1.5


@EFFORT
@given(
    st.lists(st.sampled_from([(2, 1), (2, 2), (3, 0), (1, 1), (1, 0)]), min_size=2, max_size=30),
    st.integers(2, 5),
)
def test_every_fold_gets_both_classes_where_there_are_groups_enough(
    rows: list[tuple[int, int]], n_folds: int
) -> None:
    counts = np.array(sorted(rows, reverse=True))
    negatives = counts[:, 0] - counts[:, 1]
    if min((counts[:, 1] > 0).sum(), (negatives > 0).sum()) < n_folds:
        return
    place = deal(counts, negatives, (1,) * n_folds)
    for fold in range(n_folds):
        assert counts[place == fold, 1].sum() > 0
        assert negatives[place == fold].sum() > 0


@pytest.mark.parametrize("shares", [(1, 1), (1, 9), (7, 93), (1, 2, 3)])
def test_each_fold_has_its_share_of_every_category(shares: tuple[int, ...]) -> None:
    counts, negatives = drawn(0, 900, 6)
    place = deal(counts, negatives, shares)
    for fold, share in enumerate(shares):
        part = counts[place == fold].sum(axis=0) / counts.sum(axis=0)
        np.testing.assert_allclose(part, share / sum(shares), rtol=0.015)


@pytest.mark.parametrize("n_folds", [2, 5, 13, 40])
def test_positives_are_within_one_of_each_other(n_folds: int) -> None:
    counts, _ = drawn(1, 1500, 5)
    counts[:, 1] = np.arange(1500) % 4 == 0
    place = deal(counts, counts[:, 0] - counts[:, 1], (1,) * n_folds)
    positives = np.bincount(place, weights=counts[:, 1])
    assert np.ptp(positives) <= 1


def test_the_map_is_the_same_however_sums_are_ordered() -> None:
    """All sums are exact: with the categories in another order nothing changes by a rounding."""
    for seed in range(5):
        counts, negatives = drawn(seed, 700, 12, most=5000)
        order = [0, 1, *np.random.default_rng(seed).permutation(np.arange(2, 14))]
        one = deal(counts, negatives, (1,) * 5)
        assert (deal(counts[:, order], negatives, (1,) * 5) == one).all()


def test_giant_groups_and_large_shares_neither_overflow_nor_warn() -> None:
    counts, negatives = drawn(2, 40, 3, most=10**7)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        place = deal(counts, negatives, (1, 99))
        deal(counts, negatives, (1,) * 5)
    part = counts[place == 0].sum(axis=0) / counts.sum(axis=0)
    assert part[0] < 0.1


def test_many_groups_are_compared_in_part_and_still_dealt_well() -> None:
    counts, negatives = drawn(3, 20_000, 8)
    place = deal(counts, negatives, (1,) * 5)
    shares = np.stack([counts[place == fold].sum(axis=0) for fold in range(5)]) / counts.sum(axis=0)
    assert np.abs(shares * 5 - 1).max() < 0.001
