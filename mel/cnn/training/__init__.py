"""The training of one fold."""

from mel.cnn.training.fitting import fit

__all__ = ["fit"]
