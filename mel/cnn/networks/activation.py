"""The activation map: where in the picture a logit comes from, exactly and without gradients."""

from typing import Any

import keras
from keras import ops

from mel.cnn.networks.head import LOGIT, POOL

__all__ = ["activation_map"]


class _Maps(keras.layers.Layer):  # type: ignore[misc]
    """What each position adds to each logit, by the weights of the head itself."""

    def __init__(self, pool: Any, logit: Any) -> None:
        super().__init__(name="maps", dtype="float32")
        self.pool, self.logit = pool, logit

    def call(self, features: Any) -> Any:
        return ops.einsum("nhwc,ck->nhwk", self.pool.shares(features), self.logit.kernel)


def activation_map(model: Any) -> Any:
    """Give a network of `build` a second output: (logits `(n, k)`, maps `(n, h, w, k)`).

    The mean of a map over its positions, with the bias of the head and what the metadata add, is
    the logit, for average and for GeM pooling (class activation mapping, Zhou et al. 2016,
    arXiv:1512.04150; GeM's map gives each position its share of the power mean). It shares the
    weights of `model`: train that further, and the maps follow. Maps are float32.

    >>> from mel.cnn.networks import build
    >>> from mel.config import MemberSettings
    >>> activation_map(build(MemberSettings(backbone="efficientnetv2_micro", size=32))).output_shape
    [(None, 1), (None, 8, 8, 1)]
    """
    pool, logit = model.get_layer(POOL), model.get_layer(LOGIT)
    maps = _Maps(pool, logit)(pool.input)
    return keras.Model(model.input, [model.output, maps], name=f"{model.name}-maps")
