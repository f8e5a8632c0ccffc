"""One architecture of the registry, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

__all__ = ["Backbone", "Source"]

Source = Literal["keras-cv", "keras.applications"]


@dataclass(frozen=True)
class Backbone:
    """One architecture: how to build it, what it was made for, where its weights come from.

    Attributes:
        name: what recipes call it.
        source: the package that builds it.
        class_name: the class of `keras_cv.models`, or the function of `keras.applications`.
        arguments: what it is called with, besides the size of the pictures.
        params: every parameter without a head, as published, running statistics among them.
        counted_by: who published that count.
        native_size: the side in pixels of the pictures it was published for.
        gflops: thousand millions of multiply-adds of convolutions and matrix products for one
            picture of the native size, which is what papers call FLOPs; counted by
            benchmarks/backbones.py.
        preprocessing: what it does itself to pixels from 0 to 255.
        imagenet: the preset that holds ImageNet weights; None where there is none.
        multiple: sides of pictures must be a multiple of this many pixels.
        least: the smallest side.

    >>> from mel.cnn import backbone
    >>> entry = backbone("efficientnetv2_micro")
    >>> entry.params, entry.native_size, entry.least, entry.imagenet
    (2874, 32, 16, None)
    """

    name: str
    source: Source
    class_name: str
    arguments: Mapping[str, Any]
    params: int
    counted_by: str
    native_size: int
    gflops: float
    preprocessing: str = "pixels / 255"
    imagenet: str | None = None
    multiple: int = 1
    least: int = 16

    def __post_init__(self) -> None:
        object.__setattr__(self, "arguments", MappingProxyType(dict(self.arguments)))
