"""The losses against their formulas, in NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mel.cnn.labels import Labels
from mel.config import CnnSettings

CLASSES = Labels(("a", "b", "c"), (True, False, False))
seeds = st.integers(0, 10**6)


def _loss(given: CnnSettings, labels: Labels, truth: np.ndarray, logits: np.ndarray) -> float:
    from mel.cnn.training.losses import loss_of

    return float(loss_of(given, labels)(truth, logits))


@settings(max_examples=15, deadline=None)
@given(seeds, st.sampled_from([0.0, 0.1]), st.sampled_from([None, 0.5, 2.0]))
def test_of_one_target(seed: int, smoothing: float, gamma: float | None) -> None:
    draw = np.random.default_rng(seed)
    logits = draw.normal(size=(8, 1)).astype(np.float32) * 3
    truth = draw.integers(0, 2, (8, 1)).astype(np.float32)
    loss = "cross-entropy" if gamma is None else "focal"
    found = _loss(
        CnnSettings(loss=loss, focal_gamma=gamma, label_smoothing=smoothing),
        Labels(),
        truth,
        logits,
    )
    soft, p = truth * (1 - smoothing) + smoothing / 2, 1 / (1 + np.exp(-logits.astype(float)))
    each = -(soft * np.log(p) + (1 - soft) * np.log(1 - p))
    if gamma is not None:
        each *= (1 - (soft * p + (1 - soft) * (1 - p))) ** gamma
    assert found == pytest.approx(each.mean(), rel=1e-4)


@settings(max_examples=15, deadline=None)
@given(seeds, st.sampled_from([None, 0.5, 2.0]))
def test_of_classes(seed: int, gamma: float | None) -> None:
    draw = np.random.default_rng(seed)
    logits = draw.normal(size=(8, 3)).astype(np.float32) * 2
    truth = np.eye(3, dtype=np.float32)[draw.integers(0, 3, 8)]
    loss = "cross-entropy" if gamma is None else "focal"
    found = _loss(CnnSettings(loss=loss, focal_gamma=gamma), CLASSES, truth, logits)
    p = np.exp(logits.astype(float))
    p /= p.sum(axis=1, keepdims=True)
    each = -(truth * np.log(p) * (1 if gamma is None else (1 - p) ** gamma)).sum(axis=1)
    assert found == pytest.approx(each.mean(), rel=1e-4)


def test_a_sample_of_no_weight_does_not_count() -> None:
    from mel.cnn.training.losses import loss_of

    loss = loss_of(CnnSettings(), Labels())
    truth, logits = np.array([[1.0], [0.0]]), np.array([[0.3], [9.0]])
    alone = float(loss(truth[:1], logits[:1]))
    assert float(loss(truth, logits, sample_weight=np.array([2.0, 0.0]))) == pytest.approx(alone)
