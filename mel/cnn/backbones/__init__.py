"""The registry of backbones, as data: what mel can build, without any TensorFlow."""

from mel.cnn.backbones.entry import Backbone
from mel.cnn.backbones.registry import backbone, backbones
from mel.cnn.backbones.weights import check_member, check_size, check_weights, digest_weights

__all__ = [
    "Backbone",
    "backbone",
    "backbones",
    "check_member",
    "check_size",
    "check_weights",
    "digest_weights",
]
