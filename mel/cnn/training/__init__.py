"""The training of one fold; opening it imports neither Keras nor TensorFlow."""

from mel.cnn.training.fitting import fit

__all__ = ["fit"]
