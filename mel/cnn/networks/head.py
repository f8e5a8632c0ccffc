"""The head: features, and what is known of the image besides, -> float32 logits."""

from typing import Any

import keras

from mel.cnn.networks.pooling import pooling
from mel.config import MemberSettings
from mel.metadata import METADATA

__all__ = ["LOGIT", "POOL", "PREFIX", "add_head"]

PREFIX = "head_"  # of the name of every layer that is not the backbone's
POOL, LOGIT = f"{PREFIX}pool", f"{PREFIX}logit"
_HIDDEN = 16


def add_head(features: Any, settings: MemberSettings, count: int) -> tuple[list[Any], Any]:
    """Put a head on features `(n, h, w, c)`: further inputs, and logits `(n, count)`.

    Pooling and one linear layer, so that the activation map is exact. With `settings.metadata`
    a small branch adds its own part to each logit; at first it adds nothing.
    """
    pooled = pooling(settings.pooling, POOL)(features)
    pooled = keras.layers.Dropout(settings.dropout, name=f"{PREFIX}dropout", dtype="float32")(
        pooled
    )
    logits = keras.layers.Dense(count, name=LOGIT, dtype="float32")(pooled)
    if not settings.metadata:
        return [], logits
    known = keras.Input((len(METADATA),), name=f"{PREFIX}metadata", dtype="float32")
    part = _metadata_part(known, count)
    return [known], keras.layers.Add(name=f"{PREFIX}sum", dtype="float32")([logits, part])


def _metadata_part(known: Any, count: int) -> Any:
    hidden = keras.layers.Dense(
        _HIDDEN, activation="silu", name=f"{PREFIX}metadata_hidden", dtype="float32"
    )(known)
    return keras.layers.Dense(
        count,
        use_bias=False,
        kernel_initializer="zeros",
        name=f"{PREFIX}metadata_part",
        dtype="float32",
    )(hidden)
