"""Coordinate ascent: one weight after the other, up or down, by steps that grow finer."""

import numpy as np

from mel.config import EnsembleSettings
from mel.ensemble.methods.board import Board, Total
from mel.ensemble.methods.choice import Choice
from mel.ensemble.methods.greedy import selection

__all__ = ["coordinate"]

_PARTS = 1024  # about so many parts of all members together; a step is a quarter at first
_PICKS = 30  # of the greedy selection that it starts from


def coordinate(board: Board, settings: EnsembleSettings) -> Choice:
    """Start from greedy selection; move each weight while the exact objective rises.

    A sweep tries each member's weight a step higher and a step lower, and takes the better one if
    it is better than what stands. A sweep that moves nothing halves the step, down to about a
    thousandth of the blend; after `rounds` sweeps it ends at the latest. It is never worse, on the
    rows that choose, than the greedy selection. With `negative`, weights may fall below 0.
    """
    board.check_classes()
    start = selection(board, _PICKS)
    counts = np.bincount(start.picks[: start.kept], minlength=len(board))
    total = board.total(counts * max(1, _PARTS // start.kept))
    value, step = start.aucs[start.kept - 1], total.size // 4
    picks, values = [], [value]
    for _ in range(settings.rounds):
        before = value
        for member in range(len(board)):
            moves = _moves(total, member, step, settings.negative)
            found, parts = max((board.trial(total, member, move), move) for move in moves)
            if found > value:
                total, value = board.moved(total, member, parts), found
                picks.append(member)
                values.append(value)
        if value == before and (step := step // 2) == 0:
            break
    if not picks:
        return start
    return Choice(total.weights, tuple(picks), tuple(values[1:]), len(picks))


def _moves(total: Total, member: int, step: int, negative: bool) -> list[int]:
    down = step if negative else min(step, int(total.parts[member]))
    return [step, -down] if down else [step]
