"""Means that weigh all members alike: of ranks, of powers and of logits."""

import numpy as np

from mel.config import EnsembleSettings
from mel.ensemble.methods.area import area
from mel.ensemble.methods.board import Board
from mel.ensemble.methods.choice import Choice
from mel.ensemble.mixing import Scale, mix
from mel.ensemble.ranks import Floats

__all__ = ["EXPONENTS", "logit", "mean", "power"]

EXPONENTS = (1.0, 0.0, 0.5, 2.0, 3.0, 4.0, 6.0, 8.0, -1.0)  # a tie goes to the first


def mean(board: Board, _settings: EnsembleSettings) -> Choice:
    """Weigh all members alike: the rank mean, which chooses nothing and overfits nothing."""
    return Choice(_alike(board))


def logit(board: Board, _settings: EnsembleSettings) -> Choice:
    """Average the logits of the percentiles: both ends count for more than in the rank mean."""
    return Choice(_alike(board), scale=Scale("logit"))


def power(board: Board, settings: EnsembleSettings) -> Choice:
    """Average a power of the percentiles: the higher, the more one confident member decides.

    The exponent is the settings', or else that of `EXPONENTS` with the largest area.
    """
    if settings.exponent is not None:
        return Choice(_alike(board), scale=Scale("power", settings.exponent))
    board.check_classes()
    scales = [Scale("power", exponent) for exponent in EXPONENTS]
    best = max(scales, key=lambda scale: _value(board, scale))
    return Choice(_alike(board), scale=best)


def _alike(board: Board) -> Floats:
    return np.full(len(board), 1 / len(board))


def _value(board: Board, scale: Scale) -> float:
    rows = board.positive.shape[1] + board.negative.shape[1]
    positive, negative = (
        mix(((ranks / board.top, rows) for ranks in side), _alike(board), scale)
        for side in (board.positive, board.negative)
    )
    return area(positive, negative, board.above)
