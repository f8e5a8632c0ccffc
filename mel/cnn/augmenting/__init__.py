"""Random changes to training images, a batch at a time."""

from mel.cnn.augmenting.changing import augment

__all__ = ["augment"]
