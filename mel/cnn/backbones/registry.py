"""The registry: every backbone mel can build; no TensorFlow is imported to read it."""

import re
from types import MappingProxyType

from mel.cnn.backbones import (
    applications,
    darknet,
    densenet,
    efficientnet,
    efficientnetv2,
    mit,
    mobilenet,
    resnet,
)
from mel.cnn.backbones.entry import Backbone
from mel.errors import MelError, near

__all__ = ["backbone", "backbones"]

_FAMILIES = (
    efficientnet,
    efficientnetv2,
    resnet,
    densenet,
    mobilenet,
    darknet,
    mit,
    applications,
)
_ENTRIES: tuple[Backbone, ...] = sum((family.ENTRIES for family in _FAMILIES), ())
_REGISTRY = MappingProxyType({entry.name: entry for entry in _ENTRIES})


def backbones(pattern: str = "") -> list[Backbone]:
    """Give the backbones there are, as `mel cnn list` prints them: sorted by name.

    `pattern` is a regular expression, found anywhere in a name, in any case. TensorFlow is not
    needed. Raises MelError for a pattern that is no regular expression.

    >>> [b.name for b in backbones("densenet")]
    ['densenet121', 'densenet169', 'densenet201']
    """
    try:
        wanted = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise MelError(f"pattern {pattern!r}: is no regular expression ({error})") from None
    return [_REGISTRY[name] for name in sorted(_REGISTRY) if wanted.search(name)]


def backbone(name: str) -> Backbone:
    """Give the backbone of exactly this name, as `mel cnn list NAME` shows it.

    Raises MelError, with near matches, for a name that is none's.

    >>> backbone("efficientnetv2_b0").params
    5919312
    >>> backbone("efficientnetv2b0")
    Traceback (most recent call last):
        ...
    mel.errors.MelError: unknown backbone 'efficientnetv2b0'; did you mean 'efficientnetv2_b0'...
    """
    if name not in _REGISTRY:
        raise MelError(f"unknown backbone {name!r}; {near(name, _REGISTRY)}")
    return _REGISTRY[name]
