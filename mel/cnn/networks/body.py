"""A backbone of the registry as a Keras model: pixels 0 to 255 in, features out."""

from typing import Any

import keras

from mel.cnn.backbones import Backbone, check_size
from mel.cnn.devices.importing import sparing

__all__ = ["make_body"]

_MOMENTUM = 0.9


def make_body(entry: Backbone, size: int) -> Any:
    """Build a backbone with new weights: pixels `(n, size, size, 3)` -> features `(n, h, w, c)`.

    Nothing is asked of the network, and the layers are the same whatever weights come later.
    Raises MelError for a size that the backbone does not take.
    """
    check_size(entry, size)
    shape = (size, size, 3)
    if entry.source == "keras-cv":
        with sparing():
            import keras_cv

        factory = getattr(keras_cv.models, entry.class_name)
        body = factory(include_rescaling=True, input_shape=shape, **entry.arguments)
    else:
        factory = getattr(keras.applications, entry.class_name)
        body = factory(include_top=False, weights=None, input_shape=shape, **entry.arguments)
    _quicken_statistics(body)
    return body


def _quicken_statistics(body: Any) -> None:
    """Let batch normalisation follow in tens of steps: Keras' 0.99 outlasts a short schedule."""
    for layer in body._flatten_layers(include_self=False):  # nested blocks too; no public way
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = min(layer.momentum, _MOMENTUM)
