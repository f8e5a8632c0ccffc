"""Which layer of a backbone a file of weights does not fit, in words."""

import tempfile
from pathlib import Path
from typing import Any

from mel.cnn.backbones.files import arrays, opened

__all__ = ["first_misfit"]

_Layers = dict[str, tuple[str, tuple[int, ...]]]  # place in the file -> layer, shape


def first_misfit(body: Any, file: Any) -> str:
    """Name the first layer that an open file of weights lacks, or holds in another shape.

    The places of a layer's arrays are read from a file that the backbone itself writes. Keras'
    older format numbers nothing: there the layers are compared in their order.
    """
    group = file.get("model_weights", file)
    if "layer_names" in group.attrs:
        return _compare(_by_order(body), _legacy(group))
    with tempfile.TemporaryDirectory(prefix="mel-") as folder:
        own = Path(folder) / "own.weights.h5"
        body.save_weights(own)
        with opened(own) as reference:
            return _compare(_by_place(reference, body), _by_place(file, body))


def _compare(own: _Layers, theirs: _Layers) -> str:
    for place, (layer, shape) in own.items():
        if place not in theirs:
            return f"the file holds nothing for layer {layer} of {shape}"
        other, found = theirs[place]
        if found != shape:
            called = "" if other in (layer, "") else f" ({other})"
            return f"layer {layer} is {found} in the file{called}, {shape} in the backbone"
    further = next((name or place for place, (name, _) in theirs.items() if place not in own), "")
    return f"the file holds more than the backbone: {further}" if further else ""


def _by_place(file: Any, body: Any) -> _Layers:
    """The arrays of Keras' present format, in the order of the backbone's layers."""
    order = {layer.name: index for index, layer in enumerate(body._flatten_layers())}
    found = {}
    for place, array in arrays(file).items():
        name = str(array.parent.attrs.get("name", place))
        found[place] = (name, tuple(array.shape))
    return dict(sorted(found.items(), key=lambda item: order.get(item[1][0], len(order))))


def _by_order(body: Any) -> _Layers:
    """The backbone's own arrays as the older format orders them."""
    layers = [layer for layer in body.layers if layer.weights]
    return {
        f"{number}/{index}": (layer.name, tuple(weight.shape))
        for number, layer in enumerate(layers)
        for index, weight in enumerate([*layer.trainable_weights, *layer.non_trainable_weights])
    }


def _legacy(group: Any) -> _Layers:
    """The arrays of Keras' older format, layer by layer as it lists them."""
    names = [_text(name) for name in group.attrs["layer_names"]]
    held = [(name, [_text(w) for w in group[name].attrs["weight_names"]]) for name in names]
    return {
        f"{number}/{index}": (name, tuple(group[name][weight].shape))
        for number, (name, weights) in enumerate([pair for pair in held if pair[1]])
        for index, weight in enumerate(weights)
    }


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)
