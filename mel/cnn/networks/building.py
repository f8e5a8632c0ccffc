"""A backbone with its head, as a Keras model: pixels 0 to 255 in, one logit out."""

from typing import Any

import keras

from mel.cnn.backbones import Backbone, backbone, check_weights
from mel.config import MemberSettings
from mel.errors import MelError

__all__ = ["build"]

_MOMENTUM = 0.9


def build(settings: MemberSettings) -> Any:
    """Build a member's network: float pixels `(n, size, size, 3)` -> logits `(n, 1)`.

    Global average pooling and one dense unit, so that the class activation map is exact. The
    logit is float32 under any precision policy. Raises MelError for an unknown backbone and for
    weights that cannot be had or do not fit.
    """
    entry = backbone(settings.backbone)
    body = _body(entry, settings.size, settings.weights)
    _quicken_statistics(body)
    pooled = keras.layers.GlobalAveragePooling2D(name="pool")(body.output)
    pooled = keras.layers.Dropout(settings.dropout, name="dropout")(pooled)
    logit = keras.layers.Dense(1, dtype="float32", name="logit")(pooled)
    return keras.Model(body.input, logit, name=settings.name)


def _quicken_statistics(body: Any) -> None:
    """Let batch normalisation follow in tens of steps: Keras' 0.99 outlasts a short schedule."""
    for layer in body._flatten_layers(include_self=False):  # nested blocks too; no public way
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = min(layer.momentum, _MOMENTUM)


def _body(entry: Backbone, size: int, weights: str) -> Any:
    import keras_cv

    factory = getattr(keras_cv.models, entry.keras_cv_class)
    shape = (size, size, 3)
    if weights == "none":
        return factory(include_rescaling=True, input_shape=shape, **entry.arguments)
    return _fitting(entry, _pretrained(factory, entry, weights, shape), weights)


def _pretrained(factory: Any, entry: Backbone, weights: str, shape: tuple[int, ...]) -> Any:
    check_weights(entry, weights)
    source = entry.imagenet if weights == "imagenet" else weights
    try:
        return factory.from_preset(source, load_weights=True, input_shape=shape)
    except Exception as error:  # hub and file errors are of every kind
        reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        raise MelError(
            f"{entry.name}: weights {weights!r} cannot be loaded ({reason}); attach the preset "
            "folder and name it in `weights`, or set weights = 'none'"
        ) from error


def _fitting(entry: Backbone, body: Any, weights: str) -> Any:
    if (found := body.count_params()) != entry.params:
        raise MelError(
            f"{entry.name}: weights {weights!r} hold {found:,} parameters, the backbone has "
            f"{entry.params:,}; give this backbone's own preset"
        )
    return body
