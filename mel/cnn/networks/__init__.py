"""Networks: a backbone with its weights and its head, as Keras models."""

from mel.cnn.networks.building import build

__all__ = ["build"]
