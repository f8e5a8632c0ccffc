"""Random changes to training images, a batch at a time, without TensorFlow."""

from mel.cnn.augmenting.changing import augment
from mel.cnn.augmenting.mixing import Mixture, mix

__all__ = ["Mixture", "augment", "mix"]
