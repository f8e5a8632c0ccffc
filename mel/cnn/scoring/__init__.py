"""Scoring: a trained network's probability of each image."""

from mel.cnn.scoring.scoring import score

__all__ = ["score"]
