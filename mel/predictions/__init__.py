"""Predictions: scores by image_id, the one currency between rooms."""

from mel.predictions.foreign import UNKNOWN, Foreign, foreign_in, foreign_note
from mel.predictions.joining import oof_matrix, test_matrix
from mel.predictions.scores import Kind, Predictions, Scale

__all__ = [
    "UNKNOWN",
    "Foreign",
    "Kind",
    "Predictions",
    "Scale",
    "foreign_in",
    "foreign_note",
    "oof_matrix",
    "test_matrix",
]
