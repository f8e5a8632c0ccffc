"""The optimizer against what it is said to do, worked out by hand."""

from typing import Any

import numpy as np
import pytest

from mel.config import CnnSettings

STEPS = 12


def _model(seed: int = 0) -> Any:
    import keras

    keras.utils.set_random_seed(seed)
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="dense")])


def _gradients(model: Any, count: int) -> list[list[np.ndarray]]:
    draw = np.random.default_rng(1)
    shapes = [variable.shape for variable in model.trainable_variables]
    return [[draw.normal(size=s).astype(np.float32) for s in shapes] for _ in range(count)]


def _optimizer(model: Any, began: Any = (), **settings: Any) -> Any:
    from mel.cnn.training.optimizer import optimizer_for

    given: dict[str, Any] = {"epochs": 1, "warmup_epochs": 0.25} | settings
    return optimizer_for(model, CnnSettings(**given), STEPS, began)[1]


def _apply(optimizer: Any, model: Any, gradients: list[np.ndarray]) -> None:
    import tensorflow as tf

    optimizer.apply([tf.constant(g) for g in gradients], model.trainable_variables)


def _values(model: Any) -> np.ndarray:
    return np.concatenate([np.asarray(v).ravel() for v in model.trainable_variables])


def test_gradients_of_several_steps_make_the_update_of_their_mean() -> None:
    whole, parts = _model(), _model()
    one, several = _optimizer(whole, epochs=3), _optimizer(parts, epochs=9, accumulate=3)
    several._learning_rate = one._learning_rate = 0.01  # the schedules differ in length
    gradients = _gradients(whole, 9)
    for index, gradient in enumerate(gradients):
        before = _values(parts)
        _apply(several, parts, gradient)
        if index % 3 < 2:
            assert np.array_equal(_values(parts), before), "a step within an update moved a weight"
        else:
            three = zip(*gradients[index - 2 : index + 1], strict=True)
            _apply(one, whole, [np.mean(group, axis=0) for group in three])
            assert np.allclose(_values(parts), _values(whole), atol=1e-6)


def test_only_kernels_decay_and_the_power_of_gem_does_not() -> None:
    import keras

    from mel.cnn.networks.pooling import pooling

    keras.utils.set_random_seed(0)
    layers = [keras.layers.Conv2D(2, 1), keras.layers.BatchNormalization(), pooling("gem", "pool")]
    model = keras.Sequential([keras.Input((4, 4, 3)), *layers, keras.layers.Dense(1)])
    optimizer = _optimizer(model, weight_decay=0.5, learning_rate=0.1)
    decayed = [v.name for v in model.trainable_variables if optimizer._use_weight_decay(v)]
    assert decayed == ["kernel", "kernel"]
    assert "log_power" in {variable.name for variable in model.trainable_variables}


@pytest.mark.parametrize("accumulate", [1, 2])
def test_the_average_moves_once_an_update_and_is_not_trained_on(accumulate: int) -> None:
    model, plain = _model(), _model()
    averaging = _optimizer(model, ema=0.7, accumulate=accumulate)
    without = _optimizer(plain, accumulate=accumulate)
    average, update = np.zeros(0), 0
    for index, gradient in enumerate(_gradients(model, STEPS)):
        _apply(averaging, model, gradient)
        _apply(without, plain, gradient)
        if (index + 1) % accumulate == 0:
            decay = min(0.7, (1 + update) / (10 + update)) if update else 0.0
            average = decay * average + (1 - decay) * _values(model) if update else _values(model)
            update += 1
    assert np.array_equal(_values(model), _values(plain))
    averaging.finalize_variable_values(model.trainable_variables)
    assert np.array_equal(_values(model), _values(plain)), "Keras' fit would end like this"
    averaging.take_averages()
    assert np.allclose(_values(model), average, atol=1e-6)
    assert not np.allclose(_values(model), _values(plain), atol=1e-5)


def test_a_layer_that_joins_late_takes_steps_no_longer_than_the_learning_rate() -> None:
    """Adam's first step is the learning rate; with moments at zero and a late count, thrice it."""
    settings = {"epochs": 100, "warmup_epochs": 0.0, "weight_decay": 0.0}
    lengths = {}
    for name, began in (("late", [1000, 1000]), ("naive", [0, 0])):
        model = _model()
        optimizer = _optimizer(model, began, **settings)
        optimizer._learning_rate = 0.01
        optimizer._iterations.assign(1000)
        before = _values(model)
        for gradient in [_gradients(model, 1)[0]] * 5:
            _apply(optimizer, model, gradient)
        lengths[name] = np.abs(_values(model) - before).max() / 5
    assert lengths["late"] == pytest.approx(0.01, rel=0.02)
    assert lengths["naive"] > 0.03


def test_the_state_is_carried_to_an_optimizer_of_more_variables() -> None:
    import keras

    from mel.cnn.training.optimizer import carry

    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4, name="body"), keras.layers.Dense(2, name="head")]
    )
    model.layers[0].trainable = False
    first = _optimizer(model, ema=0.5, accumulate=2)
    for gradient in _gradients(model, 3):
        _apply(first, model, gradient)
    model.layers[0].trainable = True
    second = _optimizer(model, ema=0.5, accumulate=2)
    carry(first, second, second)
    known = {variable.path: np.asarray(variable) for variable in first.variables}
    found = {variable.path: np.asarray(variable) for variable in second.variables}
    assert int(second._iterations) == 3
    assert len(found) > len(known)
    for path, value in known.items():
        assert np.array_equal(found[path], value), path
    second.take_averages()
    joined = [path for path in found if path not in known and path.endswith("_average")]
    body = [np.asarray(variable) for variable in model.layers[0].trainable_variables]
    for path, value in zip(joined, body, strict=True):
        assert np.array_equal(found[path], value), "the average of what held still is itself"


def test_the_rate_rises_to_its_peak_falls_to_nothing_and_counts_updates() -> None:
    from mel.cnn.training.schedule import Schedule, updates

    settings = CnnSettings(epochs=10, warmup_epochs=2.0, learning_rate=0.1)
    rates = np.array([float(Schedule(settings, 6)(step)) for step in range(61)])
    assert rates[0] == pytest.approx(0.001)
    assert rates.argmax() == 12
    assert rates[12] == pytest.approx(0.1)
    assert np.all(np.diff(rates[12:]) < 0)
    assert rates[60] == pytest.approx(0, abs=1e-6)
    slow = settings.model_copy(update={"accumulate": 4})
    assert updates(slow, 6) == 15
    grouped = np.array([float(Schedule(slow, 6)(step)) for step in range(60)]).reshape(15, 4)
    assert np.all(grouped == grouped[:, :1])
    assert grouped.max() == pytest.approx(0.1)
