"""Caruana's ensemble selection, whole or bagged."""

import numpy as np
from numpy.typing import NDArray

from mel.config import EnsembleSettings
from mel.ensemble.methods.board import Board
from mel.ensemble.methods.choice import Choice

__all__ = ["greedy", "selection"]


def greedy(board: Board, settings: EnsembleSettings) -> Choice:
    """Select members, with replacement, by what each adds to the objective.

    Caruana, Niculescu-Mizil, Crew and Ksikes, Ensemble selection from libraries of models, ICML
    2004. With `bags`, the mean of the weights of as many selections, each from random members by
    random patients' images.
    """
    board.check_classes()
    if settings.bags == 1:
        return selection(board, settings.rounds)
    weights = np.zeros(len(board))
    for bag in range(settings.bags):
        members, drawn = _bag(board, settings, np.random.default_rng([settings.seed, bag]))
        weights[members] += selection(drawn, settings.rounds).weights
    return Choice(weights / settings.bags)


def selection(board: Board, rounds: int) -> Choice:
    """Add the best member `rounds` times, then keep the shortest best prefix.

    A tie goes to the member chosen most often so far, then to the one given first.
    """
    total = board.total([0] * len(board))
    picks: list[int] = []
    values: list[float] = []
    for _ in range(rounds):
        found = np.array([board.trial(total, member, 1) for member in range(len(board))])
        tied = np.flatnonzero(found == found.max())
        pick = int(tied[np.argmax(total.parts[tied])])
        total = board.moved(total, pick, 1)
        picks.append(pick)
        values.append(float(found[pick]))
    kept = int(np.argmax(values)) + 1
    weights = np.bincount(picks[:kept], minlength=len(board)) / kept
    return Choice(weights, tuple(picks), tuple(values), kept)


def _bag(
    board: Board, settings: EnsembleSettings, draw: np.random.Generator
) -> tuple[NDArray[np.int64], Board]:
    """Draw members, and patients: some of those with a positive image, and some of the others."""
    members = _some(np.arange(len(board)), settings.bag_members, draw)
    ill = np.unique(board.patient[0])
    well = np.setdiff1d(board.patient[1], ill)
    share = settings.bag_patients
    patients = np.concatenate([_some(ill, share, draw), _some(well, share, draw)])
    rows = [np.isin(side, patients) for side in board.patient]
    if not rows[1].any():  # every negative is of a patient with a positive, and none was drawn
        rows[1][:] = True
    drawn = Board(
        board.positive[np.ix_(members, np.flatnonzero(rows[0]))],
        board.negative[np.ix_(members, np.flatnonzero(rows[1]))],
        board.top,
        board.above,
        (board.patient[0][rows[0]], board.patient[1][rows[1]]),
    )
    return members, drawn


def _some(things: NDArray[np.int64], share: float, draw: np.random.Generator) -> NDArray[np.int64]:
    """Draw a share of them without replacement, at least one where there is one."""
    count = min(max(round(share * len(things)), 1), len(things))
    return np.sort(draw.choice(things, count, replace=False)) if count else things
