"""From a map of features to one of each: the average, or a generalised mean with its own power.

Both compute in float32 whatever the precision policy, and both can say what each position adds:
the mean over the positions of `shares` is the pooled value, so that a linear head has an exact
activation map.
"""

import math
from typing import Any

import keras
from keras import ops

__all__ = ["AveragePooling", "GemPooling", "pooling"]

_POSITIONS = (1, 2)
_SMALLEST = 1e-6  # a feature below it counts as it: powers of negative numbers do not exist
_POWERS = (0.01, 100.0)


@keras.saving.register_keras_serializable("mel")
class AveragePooling(keras.layers.Layer):  # type: ignore[misc]
    """The mean over all positions: `(n, h, w, c)` -> `(n, c)`."""

    def call(self, features: Any) -> Any:
        """Give the mean of each feature."""
        return ops.mean(features, axis=_POSITIONS)

    def shares(self, features: Any) -> Any:
        """Give what each position adds, `(n, h, w, c)`: the features themselves."""
        return ops.cast(features, "float32")


@keras.saving.register_keras_serializable("mel")
class GemPooling(keras.layers.Layer):  # type: ignore[misc]
    """The generalised mean with a power p that is learned: the p-th root of the mean of x^p.

    p = 1 is the average, a large p near the maximum (Radenovic et al. 2018, arXiv:1711.02512).
    The logarithm of p is what is learned, so p is above 0. All is computed from logarithms: of
    a power of a large number, which may be beyond any float, only its share of the sum is taken.
    """

    def __init__(self, power: float = 3.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start = power

    def build(self, input_shape: Any) -> None:
        """Make the one weight."""
        start = keras.initializers.Constant(math.log(self.start))
        self.log_power = self.add_weight(name="log_power", shape=(), initializer=start)
        super().build(input_shape)

    def call(self, features: Any) -> Any:
        """Give the generalised mean of each feature: `(n, h, w, c)` -> `(n, c)`."""
        power, scaled = self._scaled(features)
        count = math.prod(features.shape[1:3])
        return ops.exp((ops.logsumexp(scaled, axis=_POSITIONS) - math.log(count)) / power)

    def shares(self, features: Any) -> Any:
        """Give what each position adds, `(n, h, w, c)`; their mean is the generalised mean."""
        _, scaled = self._scaled(features)
        top = ops.max(scaled, axis=_POSITIONS, keepdims=True)
        grown = ops.exp(scaled - top)
        relative = grown / ops.mean(grown, axis=_POSITIONS, keepdims=True)
        return relative * self.call(features)[:, None, None, :]

    def _scaled(self, features: Any) -> tuple[Any, Any]:
        """Give p, and p times the logarithm of each feature."""
        low, high = map(math.log, _POWERS)
        power = ops.exp(ops.clip(self.log_power, low, high))
        positive = ops.maximum(ops.cast(features, "float32"), _SMALLEST)
        return power, power * ops.log(positive)

    def get_config(self) -> dict[str, Any]:
        """Give what the layer was made with."""
        return {**super().get_config(), "power": self.start}


def pooling(kind: str, name: str) -> Any:
    """Give a layer for the setting `pooling`: average or gem."""
    chosen = {"average": AveragePooling, "gem": GemPooling}[kind]
    return chosen(name=name, dtype="float32")
