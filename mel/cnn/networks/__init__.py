"""Networks: a backbone with its weights and its head, as Keras models."""

from mel.cnn.networks.activation import activation_map
from mel.cnn.networks.building import body_layers, build

__all__ = ["activation_map", "body_layers", "build"]
