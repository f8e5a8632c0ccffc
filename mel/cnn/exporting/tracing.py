"""A trained network with its read-out and its map as one function of TensorFlow."""

from typing import Any

import tensorflow as tf

from mel.cnn.labels import Labels
from mel.cnn.networks import activation_map
from mel.metadata import METADATA

__all__ = ["traced"]


def traced(network: Any, labels: Labels, size: int) -> Any:
    """Give a function of `pixels` to the `logit` and the `map` of a positive.

    Pixels are uint8 `(n, size, size, 3)`, logits `(n,)` and maps `(n, h, w)` float32. A network
    that looks at metadata takes `metadata` besides, float32 `(n, len(METADATA))`. Outputs are what
    `Labels.read_out` and `positive_map` make of the network's, computed in the graph: whoever runs
    it need not know the classes. The network may get other weights later: the function has them.
    """
    whole = activation_map(network)
    signature = [tf.TensorSpec((None, size, size, 3), tf.uint8, name="pixels")]
    if len(whole.inputs) > 1:
        signature.append(tf.TensorSpec((None, len(METADATA)), tf.float32, name="metadata"))

    @tf.function(input_signature=signature)  # type: ignore[untyped-decorator,unused-ignore]
    def graph(pixels: Any, *metadata: Any) -> dict[str, Any]:
        wide = tf.cast(pixels, tf.float32)
        logits, maps = whole([wide, *metadata] if metadata else wide, training=False)
        return {"logit": _logit(logits, labels), "map": _map(logits, maps, labels)}

    return graph


def _logit(logits: Any, labels: Labels) -> Any:
    if labels.count == 1:
        return logits[:, 0]
    positive, negative = (tf.gather(logits, part, axis=1) for part in _parts(labels))
    return _log_sum(positive) - _log_sum(negative)


def _log_sum(logits: Any) -> Any:
    top = tf.reduce_max(logits, axis=1, keepdims=True)
    return tf.math.log(tf.reduce_sum(tf.exp(logits - top), axis=1)) + top[:, 0]


def _map(logits: Any, maps: Any, labels: Labels) -> Any:
    """Sum the classes' maps, each with the derivative of the logit by the class's own."""
    if labels.count == 1:
        return maps[..., 0]
    positive, negative = (
        tf.reduce_sum(
            tf.gather(maps, part, axis=3)
            * tf.nn.softmax(tf.gather(logits, part, axis=1))[:, None, None, :],
            axis=3,
        )
        for part in _parts(labels)
    )
    return positive - negative


def _parts(labels: Labels) -> tuple[list[int], list[int]]:
    """Give the places of the classes that mean a positive, and of the others."""
    places = range(labels.count)
    return (
        [place for place in places if labels.positive[place]],
        [place for place in places if not labels.positive[place]],
    )
