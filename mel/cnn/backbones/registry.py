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
    """Give the registry's entries whose name matches a regular expression in any case, by name.

    >>> [b.name for b in backbones("densenet")]
    ['densenet121', 'densenet169', 'densenet201']

    Raises MelError for a pattern that is no regular expression.
    """
    try:
        wanted = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise MelError(f"pattern {pattern!r}: is no regular expression ({error})") from None
    return [_REGISTRY[name] for name in sorted(_REGISTRY) if wanted.search(name)]


def backbone(name: str) -> Backbone:
    """Give one entry by its exact name; a MelError offers near matches.

    >>> backbone("efficientnetv2_b0").params
    5919312
    """
    if name not in _REGISTRY:
        raise MelError(f"unknown backbone {name!r}; {near(name, _REGISTRY)}")
    return _REGISTRY[name]
