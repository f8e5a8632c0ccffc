"""The AUC is scikit-learn's whatever the ties, and a rank needs no batch."""

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from mel.errors import MelError
from mel.metrics import auc, percentile

finite = st.floats(allow_nan=False, allow_infinity=False, width=32)
tied = st.integers(-2, 2).map(float)
scores = st.lists(finite | tied, min_size=2, max_size=40)


def labelled(draw: st.DataObject, values: list[float]) -> np.ndarray:
    size = len(values)
    target = np.array(draw.draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    assume(target.any() and not target.all())
    return target.astype(int)


# auc


@given(st.data(), scores)
def test_the_auc_is_scikit_learns_whatever_the_ties(
    data: st.DataObject, values: list[float]
) -> None:
    target = labelled(data, values)
    assert auc(target, values) == pytest.approx(roc_auc_score(target, values), abs=1e-12)


@given(st.data(), scores)
def test_the_auc_is_the_share_of_pairs_in_order(data: st.DataObject, values: list[float]) -> None:
    target, score = labelled(data, values), np.array(values)
    pairs = score[target == 1][:, None] - score[target == 0]
    assert auc(target, values) == pytest.approx(((pairs > 0) + (pairs == 0) / 2).mean(), abs=1e-12)


@given(st.data(), scores)
def test_turning_the_scores_round_turns_the_auc_round(
    data: st.DataObject, values: list[float]
) -> None:
    target = labelled(data, values)
    assert auc(target, -np.array(values)) == pytest.approx(1 - auc(target, values), abs=1e-12)


def test_the_auc_is_scikit_learns_on_33000_rows() -> None:
    draw = np.random.default_rng(0)
    target = draw.random(33_000) < 0.02
    score = np.round(draw.normal(size=33_000) + target, 2)
    assert auc(target, score) == pytest.approx(roc_auc_score(target, score), abs=1e-13)


@pytest.mark.parametrize("kind", [list, np.array, pl.Series])
def test_lists_arrays_and_polars_give_the_same(kind: type) -> None:
    assert auc(kind([0, 1, 0, 1]), kind([0.1, 0.4, 0.4, 0.8])) == 0.875


@pytest.mark.parametrize("target", [[0, 0], [1, 1], []])
def test_an_auc_of_one_class_is_refused(target: list[int]) -> None:
    with pytest.raises(MelError, match="needs both classes, got"):
        auc(target, [0.5] * len(target))


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_an_auc_of_a_score_that_is_not_finite_is_refused(score: float) -> None:
    with pytest.raises(MelError, match="not finite"):
        auc([0, 1, 1], [0.1, 0.2, score])


@pytest.mark.parametrize("target", [[0, 1, 2], [0.0, 1.0, float("nan")], [0, 1, 0.5]])
def test_an_auc_of_a_target_that_is_no_label_is_refused(target: list[float]) -> None:
    with pytest.raises(MelError, match="not 0 or 1"):
        auc(target, [0.1, 0.2, 0.3])


def test_an_auc_of_a_polars_target_with_a_null_is_refused() -> None:
    with pytest.raises(MelError, match="not 0 or 1"):
        auc(pl.Series([0, 1, None], dtype=pl.Int8), [0.1, 0.2, 0.3])


def test_an_auc_of_unequal_lengths_is_refused() -> None:
    with pytest.raises(MelError, match="3 targets and 2 scores"):
        auc([0, 1, 1], [0.1, 0.2])


# percentile


@given(scores, scores)
def test_one_score_alone_gets_what_it_gets_in_a_batch(
    values: list[float], reference: list[float]
) -> None:
    reference = sorted(reference)
    batch = percentile(values, reference)
    alone = [percentile([value], reference)[0] for value in values]
    assert batch.tolist() == alone


@given(scores, scores)
def test_a_percentile_lies_between_0_and_1_and_keeps_the_order(
    values: list[float], reference: list[float]
) -> None:
    found = percentile(sorted(values), sorted(reference))
    assert found.min() >= 0
    assert found.max() <= 1
    assert (np.diff(found) >= 0).all()


@given(scores)
def test_the_reference_itself_has_the_mid_ranks(values: list[float]) -> None:
    found = percentile(values, sorted(values))
    rank = pl.Series(values).rank("average").to_numpy()
    assert found == pytest.approx((rank - 0.5) / len(values))
    assert found.mean() == pytest.approx(0.5)


def test_a_score_above_all_has_1_and_below_all_has_0() -> None:
    assert percentile([-1, 9], [0, 1, 2]).tolist() == [0, 1]


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_a_score_that_is_not_finite_has_no_rank(score: float) -> None:
    with pytest.raises(MelError, match="not finite"):
        percentile([0.5, score], [0, 1, 2])


@pytest.mark.parametrize("reference", [[], [2, 1], [0, float("nan")], [float("nan"), 0]])
def test_a_reference_that_cannot_rank_is_refused(reference: list[float]) -> None:
    with pytest.raises(MelError, match="give finite ones, sorted"):
        percentile([0.5], reference)
