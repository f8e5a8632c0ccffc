"""A member's network: pixels 0 to 255 in, float32 logits out."""

from typing import Any

import keras

from mel.cnn.backbones import backbone
from mel.cnn.labels import Labels
from mel.cnn.networks.body import make_body
from mel.cnn.networks.head import PREFIX, add_head
from mel.cnn.networks.weights import load_weights
from mel.config import MemberSettings

__all__ = ["body_layers", "build"]

_ONE = Labels()


def build(settings: MemberSettings, labels: Labels = _ONE, size: int | None = None) -> Any:
    """Build a member's network: pixels `(n, size, size, 3)` -> logits `(n, labels.count)`.

    Pixels are whole or float numbers from 0 to 255. With `settings.metadata` the network takes a
    list of two: the pixels and the numbers of `encode_metadata`, `(n, len(METADATA))`. The logits
    are float32 under any precision policy. `size` gives the network for other pictures: every
    weight has the same shape. The layers do not depend on the setting `weights`, so a trained
    member's weights load into a network built with "none".

    Raises MelError for an unknown backbone, a size that it does not take, and weights that cannot
    be had or do not fit.

    >>> build(MemberSettings(backbone="efficientnetv2_micro", size=32)).output_shape
    (None, 1)
    """
    entry = backbone(settings.backbone)
    body = make_body(entry, settings.size if size is None else size)
    load_weights(body, entry, settings.weights)
    further, logits = add_head(body.output, settings, labels.count)
    inputs = [body.input, *further] if further else body.input
    return keras.Model(inputs, logits, name=settings.name)


def body_layers(model: Any) -> list[Any]:
    """Give the layers of a network's backbone that hold weights, from the input on.

    >>> body_layers(build(MemberSettings(backbone="efficientnetv2_micro", size=32)))[0].name
    'stem_conv'
    """
    own = (layer for layer in model.layers if not layer.name.startswith(PREFIX))
    return [layer for layer in own if layer.weights]
