"""Scoring: an image under several views, and the one score they make."""

from mel.cnn.scoring.averaging import Reference, average, probability, reference
from mel.cnn.scoring.scoring import batch_at, padded, score
from mel.cnn.scoring.views import View, views

__all__ = [
    "Reference",
    "View",
    "average",
    "batch_at",
    "padded",
    "probability",
    "reference",
    "score",
    "views",
]
