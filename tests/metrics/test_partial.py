"""Partial AUC is ISIC 2024's, average precision scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from mel.errors import MelError
from mel.metrics import auc, average_precision, partial_auc

tied = st.integers(-3, 3).map(float)
finite = st.floats(allow_nan=False, allow_infinity=False, width=32)
sample = st.lists(tied | finite, min_size=1, max_size=30)


def published(target: np.ndarray, score: np.ndarray, min_tpr: float) -> float:
    """What the competition's page describes, step by step, with scikit-learn."""
    fpr, tpr, _ = metrics.roc_curve(1 - target, -score)
    end = 1 - min_tpr
    stop = int(np.searchsorted(fpr, end, "right"))
    last = np.interp(end, fpr[stop - 1 : stop + 1], tpr[stop - 1 : stop + 1])
    return float(metrics.auc(np.append(fpr[:stop], end), np.append(tpr[:stop], last)))


@given(sample, sample, st.sampled_from([0.8, 0.88, 0.5, 0.01]))
def test_both_are_those_of_the_published_code(
    positives: list[float], negatives: list[float], min_tpr: float
) -> None:
    target = np.r_[np.ones(len(positives)), np.zeros(len(negatives))]
    score = np.r_[positives, negatives]
    assert partial_auc(target, score, min_tpr) == pytest.approx(
        published(target, score, min_tpr), abs=1e-12
    )
    whole, strip = 1 - min_tpr, (1 - min_tpr) ** 2 / 2  # McClish: 0.5 is chance, 1 is perfect
    scaled = metrics.roc_auc_score(1 - target, -score, max_fpr=whole)
    mended = strip + (whole - strip) * (2 * scaled - 1)
    assert partial_auc(target, score, min_tpr) == pytest.approx(mended, abs=1e-9)
    assert partial_auc(target, score, 0) == pytest.approx(auc(target, score), abs=1e-12)
    expected = metrics.average_precision_score(target, score)
    assert average_precision(target, score) == pytest.approx(expected, abs=1e-12)


def test_perfect_scores_fill_the_strip_and_chance_a_tenth_of_it() -> None:
    target = np.repeat([0, 1], 5000)
    assert partial_auc(target, target) == pytest.approx(0.2)
    assert partial_auc(target, 1 - target) == 0
    assert partial_auc(target, np.zeros(10_000)) == pytest.approx(0.02)


@pytest.mark.parametrize("least", [-0.1, 1, float("nan")])
def test_a_least_rate_outside_its_range_and_a_missing_class_are_refused(least: float) -> None:
    with pytest.raises(MelError, match="true positive rate"):
        partial_auc([0, 1], [0.1, 0.2], least)
    for measure in (partial_auc, average_precision):
        with pytest.raises(MelError, match="both classes, got 0 positives"):
            measure([0, 0], [0.1, 0.2])
