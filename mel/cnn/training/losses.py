"""What is minimised: cross-entropy or focal loss, from logits, of one target or of classes."""

from typing import Any

import keras

from mel.cnn.labels import Labels
from mel.config import CnnSettings

__all__ = ["GAMMA", "loss_of"]

GAMMA = 2.0  # of the focal loss, as in its paper


def loss_of(settings: CnnSettings, labels: Labels) -> Any:
    """Give Keras' own loss of logits `(n, labels.count)`, with sample weights as they are given.

    One target takes the binary form, classes the categorical one; labels may be mixed or smoothed.
    The focal loss is (1 - p)^gamma times the cross-entropy, p being the probability of what is
    true (Lin et al. 2017, arXiv:1708.02002), without its class weight: `positive_weight` is that.
    """
    common = {"from_logits": True, "label_smoothing": settings.label_smoothing}
    if settings.loss == "cross-entropy":
        if labels.count == 1:
            return keras.losses.BinaryCrossentropy(**common)
        return keras.losses.CategoricalCrossentropy(**common)
    gamma = GAMMA if settings.focal_gamma is None else settings.focal_gamma
    if labels.count == 1:
        return keras.losses.BinaryFocalCrossentropy(gamma=gamma, **common)
    return keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=gamma, **common)
