"""The AUC is scikit-learn's, its interval resamples patients, and a rank needs no batch."""

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from mel.errors import MelError
from mel.metrics import _bootstrap_aucs, auc, auc_gain, auc_interval, auc_report, percentile

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


# the interval


@given(st.data(), st.lists(tied, min_size=3, max_size=20))
def test_a_resample_is_the_auc_of_its_repeated_rows(
    data: st.DataObject, values: list[float]
) -> None:
    target, score = labelled(data, values), np.array(values)
    size = len(values)
    times = np.array(data.draw(st.lists(st.integers(0, 4), min_size=size, max_size=size)))
    repeated = np.repeat(np.arange(size), times)
    assume(0 < target[repeated].sum() < repeated.size)
    found = _bootstrap_aucs(target.astype(float), score, times[None].astype(float))
    assert found == pytest.approx([auc(target[repeated], score[repeated])], abs=1e-12)


def test_a_resample_without_both_classes_is_left_out() -> None:
    weights = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    assert _bootstrap_aucs(np.array([0.0, 1.0]), np.array([0.1, 0.2]), weights).tolist() == [1.0]


def many(patients: int = 200, images: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images of a patient that share a score offset: the case for resampling patients."""
    draw = np.random.default_rng(1)
    patient = np.repeat(np.arange(patients), images)
    target = np.repeat(draw.random(patients) < 0.3, images)
    score = target + np.repeat(draw.normal(size=patients), images)
    return target.astype(int), score, patient


def test_the_interval_holds_the_auc_and_is_ordered() -> None:
    target, score, patient = many()
    low, high = auc_interval(target, score, patient)
    assert 0 <= low < auc(target, score) < high <= 1


def test_resampling_patients_gives_a_wider_interval_than_images() -> None:
    target, score, patient = many()
    low, high = auc_interval(target, score, patient)
    naive_low, naive_high = auc_interval(target, score, np.arange(target.size))
    assert high - low > 1.5 * (naive_high - naive_low)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    draw = np.random.default_rng(2)
    truth = 0.7602499389  # Phi(1 / sqrt 2): two normals one standard deviation apart
    hits = 0
    for _ in range(60):
        target = draw.random(300) < 0.3
        score = draw.normal(size=300) + target
        low, high = auc_interval(target, score, np.arange(300), resamples=200)
        hits += low < truth < high
    assert 52 <= hits <= 60


def test_the_interval_is_the_same_every_time_and_ignores_the_patients_names() -> None:
    target, score, patient = many()
    names = np.array([f"p{number:03}" for number in patient])
    assert auc_interval(target, score, patient) == auc_interval(target, score, names)


@settings(max_examples=20)
@given(st.permutations(range(40)))
def test_the_interval_ignores_the_order_of_rows(order: list[int]) -> None:
    target, score, patient = (column[:40] for column in many(patients=20, images=2))
    one = auc_interval(target, score, patient, resamples=100)
    two = auc_interval(target[order], score[order], patient[order], resamples=100)
    assert one == pytest.approx(two, abs=1e-12)


def test_a_narrower_level_gives_a_narrower_interval() -> None:
    target, score, patient = many()
    low, high = auc_interval(target, score, patient)
    inner_low, inner_high = auc_interval(target, score, patient, level=0.5)
    assert low < inner_low < inner_high < high


@pytest.mark.parametrize("target", [[0, 0, 0], [1, 1, 1]])
def test_an_interval_of_one_class_is_refused(target: list[int]) -> None:
    with pytest.raises(MelError, match="needs both classes"):
        auc_interval(target, [0.1, 0.2, 0.3], ["p", "q", "r"])


# the report


def test_the_report_gives_pooled_and_mean_per_fold() -> None:
    target = [0, 1, 0, 1, 0, 1, 0, 1]
    score = [0.1, 0.2, 0.1, 0.2, 0.9, 0.8, 0.1, 0.8]
    report = auc_report(target, score, list("aabbccdd"), [0, 0, 0, 0, 1, 1, 1, 1])
    assert report.pooled == auc(target, score)
    assert report.fold_mean == pytest.approx((1 + 0.5) / 2)
    assert report.low <= report.pooled <= report.high
    assert report.as_dict() == vars(report)


def test_shifting_one_fold_changes_the_pooled_auc_alone() -> None:
    target, score, patient = many()
    fold = patient % 4
    one = auc_report(target, score, patient, fold)
    two = auc_report(target, score + 5.0 * (fold == 0), patient, fold)
    assert two.fold_mean == one.fold_mean
    assert two.pooled < one.pooled


def test_a_gain_has_the_sign_of_the_better_score_and_a_narrower_interval_than_either() -> None:
    draw = np.random.default_rng(0)
    target = draw.random(600) < 0.3
    hard = draw.normal(0, 2, 600)  # what is hard for one score is hard for the other
    good, bad = (target * gap + hard + draw.normal(0, 0.1, 600) for gap in (2.0, 1.0))
    patient = np.arange(600) // 3
    gain, low, high = auc_gain(target, good, bad, patient)
    assert gain == pytest.approx(auc(target, good) - auc(target, bad))
    assert 0 < low < gain < high
    ends = auc_interval(target, good, patient)
    assert high - low < ends[1] - ends[0]
    assert auc_gain(target, bad, good, patient) == pytest.approx((-gain, -high, -low))
