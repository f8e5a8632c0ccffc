"""Weights into a backbone: all of them, or an error that says which layer does not fit."""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from mel.cnn.backbones import Backbone, check_weights
from mel.cnn.backbones.files import arrays, opened, preset_arguments, weights_file
from mel.cnn.backbones.weights import check_preset, misfit
from mel.cnn.networks.misfits import first_misfit
from mel.errors import MelError

__all__ = ["load_weights"]

_DEVIATION = np.array([0.229, 0.224, 0.225], dtype=np.float32)  # of ImageNet's red, green, blue


def load_weights(body: Any, entry: Backbone, weights: str) -> None:
    """Load weights into a backbone: none, imagenet, a preset folder or a file.

    Every parameter comes from the file, or MelError is raised, which names the first layer that
    does not fit and both shapes. Without network, ImageNet weights are a MelError as well.
    """
    if weights == "none":
        return
    if weights == "imagenet":
        check_weights(entry, weights)
        source = _downloaded(entry)
        _copy(source, body, entry)
        if entry.source == "keras-cv":
            check_preset(entry, weights, source.get_config())
    else:
        _from_file(body, entry, weights)
    _complete_normalization(body)


def _downloaded(entry: Backbone) -> Any:
    """The backbone with ImageNet weights, from Kaggle's hub or from Keras' own store."""
    try:
        if entry.source == "keras-cv":
            import keras_cv

            factory = getattr(keras_cv.models, entry.class_name)
            return factory.from_preset(entry.imagenet, load_weights=True)
        factory = getattr(keras.applications, entry.class_name)
        return factory(include_top=False, weights=entry.imagenet, **entry.arguments)
    except Exception as error:  # hub, network and file errors are of every kind
        raise MelError(
            f"{entry.name}: its ImageNet weights cannot be downloaded ({_reason(error)}); with no "
            f"network, attach {_offline(entry)} and name the folder or file in `weights`, or set "
            "weights = 'none'"
        ) from error


def _offline(entry: Backbone) -> str:
    if entry.source == "keras-cv":
        return f"the preset {entry.imagenet} of Kaggle's models"
    return f"keras.applications' notop file of {entry.class_name}"


def _copy(source: Any, body: Any, entry: Backbone) -> None:
    theirs, own = source.weights, body.weights
    for one, other in zip(theirs, own, strict=False):
        if one.shape != other.shape:
            raise MelError(
                f"{entry.name}: ImageNet weights do not fit layer {other.path}: "
                f"{tuple(one.shape)} there, {tuple(other.shape)} in the backbone"
            )
    if len(theirs) != len(own):
        raise MelError(f"{entry.name}: {len(theirs)} ImageNet weights for {len(own)} of its own")
    body.set_weights(source.get_weights())


def _from_file(body: Any, entry: Backbone, weights: str) -> None:
    path = weights_file(weights)
    with opened(path) as file:
        held = arrays(file)
        found = sum(int(array.size) for array in held.values())
        legacy = "layer_names" in file.attrs or "model_weights" in file
        fits = sorted(map(_shape, held.values())) == sorted(map(_shape, body.weights))
        where = "" if fits else first_misfit(body, file)
    if found != entry.params:
        raise MelError(f"{misfit(entry, weights, found)}; {where}")
    check_preset(entry, weights, preset_arguments(weights))
    if not fits:
        raise MelError(f"{entry.name}: weights {weights!r} do not fit: {where}")
    _read(body, entry, weights, path, legacy=legacy)
    with opened(path) as file:
        if _contents(arrays(file).values()) != _contents(body.get_weights()):
            raise MelError(
                f"{entry.name}: weights {weights!r} hold arrays of the right shapes in an order "
                "that is not this backbone's; save them anew from it by save_weights"
            )


def _read(body: Any, entry: Backbone, weights: str, path: Path, *, legacy: bool) -> None:
    """Let Keras read the file, under a name that ends as its layout demands."""
    suffix = path.suffix if path.suffix == ".keras" else ".h5" if legacy else ".weights.h5"
    with tempfile.TemporaryDirectory(prefix="mel-") as folder:
        link = Path(folder) / f"model{suffix}"
        link.symlink_to(path.resolve())
        try:
            body.load_weights(link)
        except Exception as error:  # Keras raises errors of every kind
            raise MelError(
                f"{entry.name}: weights {weights!r} cannot be loaded ({_reason(error)}); give "
                "this backbone's own"
            ) from error


def _shape(array: Any) -> tuple[int, ...]:
    return tuple(int(side) for side in array.shape)


def _contents(held: Iterable[Any]) -> list[tuple[tuple[int, ...], float, float]]:
    """Give what tells arrays apart, in an order of its own: shapes and two sums of each."""
    found = []
    for array in held:
        values = np.asarray(array, dtype=np.float32).astype(np.float64).ravel()
        found.append((values.shape, float(values.sum()), float(values[: len(values) // 2].sum())))
    return sorted(found)


def _complete_normalization(body: Any) -> None:
    """Divide by the deviation of ImageNet where the weights hold it in place of the variance.

    keras.applications' EfficientNet weights do, and its networks have one more layer to make up
    for it, but only where weights = "imagenet" are asked for; the layers here are always the same.
    """
    for layer in body.layers:
        if isinstance(layer, keras.layers.Normalization) and layer.weights:
            mean, variance, count = layer.get_weights()
            if np.allclose(variance.ravel(), _DEVIATION, atol=2e-3):
                layer.set_weights([mean, variance * _DEVIATION.reshape(variance.shape), count])
            layer.finalize_state()  # what it computes with is made of its weights only here


def _reason(error: Exception) -> str:
    return (str(error).strip().splitlines() or [repr(error)])[0].strip()[:200]
