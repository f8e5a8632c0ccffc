"""Whether weights can be had and are a backbone's own, seen without TensorFlow."""

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from mel.cnn.backbones.entry import Backbone
from mel.cnn.backbones.files import arrays, opened, preset_arguments, weights_file
from mel.cnn.backbones.registry import backbone, backbones
from mel.config import MemberSettings
from mel.digests import digest_file
from mel.errors import MelError

__all__ = [
    "MisfitError",
    "check_member",
    "check_preset",
    "check_size",
    "check_weights",
    "digest_weights",
    "misfit",
]


class MisfitError(MelError):
    """A file of weights that is another network's; which layer shows it, Keras has to say."""


def check_member(settings: MemberSettings) -> None:
    """Refuse a member that no network can be built for, before a long job starts.

    Looks at the backbone's name, at the sizes of training and of scoring, and at the weights.
    Raises MelError.

    >>> check_member(MemberSettings(backbone="mit_b0", size=100))
    Traceback (most recent call last):
    mel.errors.MelError: mit_b0: takes pictures from 64 pixels, multiples of 32, not 100; set ...
    """
    entry = backbone(settings.backbone)
    for size in (settings.size, *settings.tta.sizes):
        check_size(entry, size)
    check_weights(entry, settings.weights)


def check_size(entry: Backbone, size: int) -> None:
    """Refuse pictures of a size that the backbone does not take.

    Raises MelError with the nearest sizes that it does.

    >>> check_size(backbone("mit_b0"), 96)
    """
    if size < entry.least or size % entry.multiple:
        below = max(size // entry.multiple * entry.multiple, entry.least)
        above = max(-(-size // entry.multiple) * entry.multiple, entry.least)
        kind = f", multiples of {entry.multiple}" if entry.multiple > 1 else ""
        instead = f"{below}" if below == above else f"{below} or {above}"
        raise MelError(
            f"{entry.name}: takes pictures from {entry.least} pixels{kind}, not {size}; "
            f"set size = {instead}"
        )


def check_weights(entry: Backbone, weights: str) -> None:
    """Refuse weights that cannot be had or are not the backbone's, before a long job starts.

    Looks whether there are ImageNet weights, whether a file or preset folder is there and whole,
    and how many parameters it holds. Which layer does not fit is said when they are loaded.
    Raises MelError.

    >>> check_weights(backbone("efficientnetv2_b0"), "imagenet")
    """
    if weights == "none":
        return
    if weights == "imagenet":
        if entry.imagenet is None:
            able = ", ".join(b.name for b in backbones("^(?!keras_)") if b.imagenet)
            raise MelError(
                f"{entry.name}: has no ImageNet weights; these have: {able} and all keras_*"
            )
        return
    with opened(weights_file(weights)) as file:
        found = sum(int(array.size) for array in arrays(file).values())
    if found != entry.params:
        raise MisfitError(misfit(entry, weights, found))
    check_preset(entry, weights, preset_arguments(weights))


def digest_weights(settings: MemberSettings) -> dict[str, str]:
    """Give what a member is made from besides its settings: a digest of its file of weights.

    Empty where `weights` names no file. Raises MelError where it names one that is not there.

    >>> digest_weights(MemberSettings(backbone="resnet18", size=64, weights="imagenet"))
    {}
    """
    if settings.weights_file is None:
        return {}
    path = weights_file(settings.weights_file)
    said = path.stat()
    return {"weights": _digest(path.resolve(), said.st_size, said.st_mtime_ns)}


@cache
def _digest(path: Path, size: int, modified_ns: int) -> str:  # noqa: ARG001  # for the cache
    return digest_file(path)[:16]


def check_preset(entry: Backbone, weights: str, arguments: Mapping[str, Any]) -> None:
    """Refuse a preset that was made with other arguments: strides show in no weight's shape."""
    for name, own in entry.arguments.items():
        theirs = arguments.get(name, own)
        if not _alike(own, theirs):
            raise MelError(
                f"{entry.name}: weights {weights!r} are of a network with {name} = {theirs}, the "
                f"backbone has {own}; give this backbone's own"
            )


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, float) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=1e-6)
    return bool(one == other)


def misfit(entry: Backbone, weights: str, found: int) -> str:
    """Say that weights are not the backbone's, and whose they seem to be."""
    whose = [b.name for b in backbones() if b.params == found]
    seem = f"; they may be those of {' or '.join(whose)}" if whose else ""
    return (
        f"{entry.name}: weights {weights!r} hold {found:,} parameters, the backbone has "
        f"{entry.params:,}{seem}; give this backbone's "
        "own, without a head"
    )
