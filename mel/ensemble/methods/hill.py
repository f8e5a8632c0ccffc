"""Hill climbing: the member and the share that lift the objective most, again and again."""

from collections.abc import Iterable
from typing import NamedTuple

from mel.config import EnsembleSettings
from mel.ensemble.methods.board import Board, Total
from mel.ensemble.methods.choice import Choice

__all__ = ["hill"]

_START = 1024  # parts of the first member
_COARSE = (2, 5, 10, 20, 35, 50)  # percent of the new blend that the added member is
_REFINED = 3  # moves that are tried in steps of one percent


class _Move(NamedTuple):
    value: float
    member: int
    sign: int
    percent: int


def hill(board: Board, settings: EnsembleSettings) -> Choice:
    """Start with the best member; add the best share of the best one while the objective rises.

    Shares are whole percents up to half the blend: a few of every member, then those between
    around the best of these. A member may be added again. With `negative`, mirror images are
    tried as well.
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
        max(
            (_tried(board, total, member, sign, percent) for percent in _COARSE),
            key=lambda move: move.value,
        )
        for member, sign in _all(board, signs)
    ]
    coarse.sort(key=lambda move: -move.value)
    best = coarse[0]
    for first in coarse[:_REFINED]:
        for percent in _between(first.percent):
            move = _tried(board, total, first.member, first.sign, percent)
            best = max(best, move, key=lambda either: either.value)
    return best


def _between(percent: int) -> Iterable[int]:
    """Give the percents on both sides, up to the neighbours on the coarse grid."""
    edges = (0, *_COARSE, _COARSE[-1] + 1)
    place = edges.index(percent)
    return (near for near in range(edges[place - 1] + 1, edges[place + 1]) if near != percent)


def _tried(board: Board, total: Total, member: int, sign: int, percent: int) -> _Move:
    parts = _parts(total, percent)
    value = board.trial(total, member, sign * parts)
    return _Move(value, member, sign, percent)


def _parts(total: Total, percent: int) -> int:
    """Give the parts of a member that make it so many percent of the new blend."""
    return round(total.size * percent / (100 - percent))
