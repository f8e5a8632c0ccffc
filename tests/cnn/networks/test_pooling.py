"""Pooling: means between the average and the maximum, safe where float16 is not."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st


def _gem(power: float) -> Any:
    from mel.cnn.networks.pooling import GemPooling

    return GemPooling(power, dtype="float32")


def _features(seed: int, low: float = 0.0, high: float = 4.0) -> Any:
    return np.random.default_rng(seed).uniform(low, high, (2, 5, 4, 3)).astype(np.float32)


@given(st.floats(0.1, 20), st.integers(0, 999))
def test_gem_is_the_root_of_the_mean_power(power: float, seed: int) -> None:
    features = _features(seed, 0.01)
    by_hand = (features.astype(np.float64) ** power).mean((1, 2)) ** (1 / power)
    assert np.allclose(_gem(power)(features), by_hand, rtol=1e-4)


def test_gem_of_power_one_is_the_average_of_what_is_positive() -> None:
    from mel.cnn.networks.pooling import AveragePooling

    features = _features(0)
    assert np.allclose(_gem(1)(features), AveragePooling()(features), rtol=1e-5)


@pytest.mark.parametrize("pool", ["average", "gem"])
def test_the_mean_of_shares_is_what_is_pooled(pool: str) -> None:
    from mel.cnn.networks.pooling import pooling

    layer = pooling(pool, "pool")
    features = _features(1, -1)
    pooled = np.asarray(layer(features))
    assert np.allclose(np.asarray(layer.shares(features)).mean((1, 2)), pooled, rtol=1e-5)


@pytest.mark.parametrize("value", [0.0, -5.0, 1e-7, 6e4])
@pytest.mark.parametrize("power", [0.05, 3.0, 90.0])
def test_gem_of_float16_features_is_finite_and_so_are_its_gradients(
    value: float, power: float
) -> None:
    import tensorflow as tf

    layer = _gem(power)
    features = tf.Variable(np.full((1, 4, 4, 2), value, np.float16))
    with tf.GradientTape() as tape:
        pooled = layer(features)
        total = tf.reduce_sum(pooled)
    gradients = tape.gradient(total, [features, layer.log_power.value])
    assert np.allclose(pooled, max(value, 1e-6), rtol=0.02)
    assert all(np.isfinite(gradient).all() for gradient in gradients)


def test_the_power_is_learned_and_stays_above_zero() -> None:
    import keras

    layer = _gem(3.0)
    model = keras.Sequential([keras.Input((5, 4, 3)), layer])
    model.compile(keras.optimizers.SGD(50.0), "mse")
    before = float(np.exp(layer.log_power))
    for _ in range(5):
        model.train_on_batch(_features(2), np.zeros((2, 3), np.float32))
    assert float(np.exp(layer.log_power)) != before
    assert np.isfinite(model.predict_on_batch(_features(2))).all()
