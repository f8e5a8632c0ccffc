"""Hill climbing: the member and the share that lift the objective most, again and again."""

from collections.abc import Iterable
from typing import NamedTuple

from mel.config import EnsembleSettings
from mel.ensemble.methods.board import Board, Total
from mel.ensemble.methods.choice import Choice

__all__ = ["hill"]

_START = 1024  # parts of the first member
_COARSE = (1, 4, 12, 30)  # percent of the new blend that the added member is
_STEPS = (8, 4, 2, 1)  # by which the best of these are moved up and down
_REFINED = 3  # of them
_MOST = 50


class _Move(NamedTuple):
    value: float
    member: int
    sign: int
    percent: int


def hill(board: Board, settings: EnsembleSettings) -> Choice:
    """Start with the best member; add the best share of the best one while the objective rises.

    Shares are whole percents up to half the blend: a few of every member, then the best of these
    are moved up and down by finer and finer steps. A member may be added again. With `negative`,
    mirror images are tried as well. At most `rounds` members are added, the first among them.
    """
    board.check_classes()
    signs = (1, -1) if settings.negative else (1,)
    nothing = board.total([0] * len(board))
    starts = [(board.trial(nothing, *start), *start) for start in _all(board, signs)]
    value, member, sign = max(starts, key=lambda start: start[0])
    total = board.moved(nothing, member, sign * _START)
    picks, values = [member], [value]
    while len(picks) < settings.rounds:
        best = _best(board, total, signs)
        if best.value <= values[-1]:
            break
        total = board.moved(total, best.member, best.sign * _parts(total, best.percent))
        picks.append(best.member)
        values.append(best.value)
    return Choice(total.weights, tuple(picks), tuple(values), len(picks))


def _all(board: Board, signs: tuple[int, ...]) -> Iterable[tuple[int, int]]:
    return ((member, sign) for member in range(len(board)) for sign in signs)


def _best(board: Board, total: Total, signs: tuple[int, ...]) -> _Move:
    coarse = [
        max((_tried(board, total, member, sign, share) for share in _COARSE), key=_value)
        for member, sign in _all(board, signs)
    ]
    coarse.sort(key=lambda move: -move.value)
    return max((_refined(board, total, move) for move in coarse[:_REFINED]), key=_value)


def _refined(board: Board, total: Total, best: _Move) -> _Move:
    for step in _STEPS:
        for percent in (best.percent - step, best.percent + step):
            if 0 < percent <= _MOST:
                move = _tried(board, total, best.member, best.sign, percent)
                best = max(best, move, key=_value)
    return best


def _value(move: _Move) -> float:
    return move.value


def _tried(board: Board, total: Total, member: int, sign: int, percent: int) -> _Move:
    parts = _parts(total, percent)
    value = board.trial(total, member, sign * parts)
    return _Move(value, member, sign, percent)


def _parts(total: Total, percent: int) -> int:
    """Give the parts of a member that make it so many percent of the new blend."""
    return round(total.size * percent / (100 - percent))
