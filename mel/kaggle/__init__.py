"""Work in progress."""

from mel.kaggle.synthetic import synth

__all__ = ["synth"]
