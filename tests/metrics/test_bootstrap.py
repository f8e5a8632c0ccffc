"""Intervals resample patients; the quick way and the plain one give the same to the last bit."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mel.errors import MelError
from mel.metrics import Resamples, auc, auc_gain, auc_interval, auc_report, partial_auc
from mel.metrics.weighted import above, by_images, by_patients

tied = st.integers(-2, 2).map(float)


@given(st.data(), st.lists(tied, min_size=3, max_size=20))
def test_a_resample_is_the_auc_of_its_repeated_rows(
    data: st.DataObject, values: list[float]
) -> None:
    size = len(values)
    truth = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    group = np.array(data.draw(st.lists(st.integers(0, 3), min_size=size, max_size=size)))
    times = np.array(data.draw(st.lists(st.integers(0, 4), min_size=4, max_size=4)))
    score, repeated = np.array(values), np.repeat(np.arange(size), times[group])
    assume(truth.any() and not truth.all())
    assume(0 < truth[repeated].sum() < repeated.size)
    found = by_images(truth, score, times[None, group].astype(float))
    assert found.tolist() == by_patients(truth, score, group, times[None].astype(float)).tolist()
    assert found == pytest.approx([auc(truth[repeated], score[repeated])], abs=1e-12)
    part = above(truth, score, times[None, group].astype(float), 0.7)
    expected = partial_auc(truth[repeated], score[repeated], 0.7)
    assert part == pytest.approx([expected], abs=1e-12)


def test_a_resample_without_both_classes_has_no_auc_and_no_part_in_the_interval() -> None:
    truth, score = np.array([False, True]), np.array([0.1, 0.2])
    weights = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    for found in (
        by_images(truth, score, weights),
        by_patients(truth, score, np.arange(2), weights),
    ):
        np.testing.assert_array_equal(found, [np.nan, np.nan, 1.0])
        assert Resamples(["a", "b"]).interval(found) == (1.0, 1.0)
    with pytest.raises(MelError, match="no resample"):
        Resamples(["a", "b"]).interval(np.array([np.nan]))


def test_a_ratio_is_that_of_the_repeated_rows_and_some_rows_may_be_left_out() -> None:
    target, score, patient = many(patients=30)
    draws = Resamples(patient, resamples=20)
    rows = np.arange(len(target)) % 3 > 0
    hit, part = (score > 1) & (target == 1), draws.aucs(target[rows], score[rows], rows)
    upper = draws.partial_aucs(target[rows], score[rows], rows)
    for index, ratio in enumerate(draws.ratios(hit, target)):
        repeated = np.repeat(np.arange(len(target)), draws.times[index, draws.group].astype(int))
        assert ratio == pytest.approx(hit[repeated].sum() / target[repeated].sum())
        kept = repeated[rows[repeated]]
        assert part[index] == pytest.approx(auc(target[kept], score[kept]))
        above = partial_auc(target[kept], score[kept])
        assert upper[index] == pytest.approx(above)
    assert np.isnan(draws.ratios(hit, np.zeros(len(target)))).all()
    with pytest.raises(MelError, match="give one an image"):
        draws.aucs(target[rows], score[rows])


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


def test_the_report_gives_pooled_and_mean_per_fold() -> None:
    target = [0, 1, 0, 1, 0, 1, 0, 1]
    score = [0.1, 0.2, 0.1, 0.2, 0.9, 0.8, 0.1, 0.8]
    report = auc_report(target, score, list("aabbccdd"), [0, 0, 0, 0, 1, 1, 1, 1])
    assert report.pooled == auc(target, score)
    assert report.fold_mean == pytest.approx((1 + 0.5) / 2)
    assert report.low <= report.pooled <= report.high
    assert report.as_dict() == vars(report)
    draws = Resamples(list("aabbccdd"))
    again = auc_report(target, score, [], [0, 0, 0, 0, 1, 1, 1, 1], draws=draws)
    assert again == report


def test_shifting_one_fold_changes_the_pooled_auc_alone() -> None:
    target, score, patient = many()
    fold = patient % 4
    one = auc_report(target, score, patient, fold)
    two = auc_report(target, score + 5.0 * (fold == 0), patient, fold)
    assert two.fold_mean == one.fold_mean
    assert two.pooled < one.pooled
