"""How the weights are chosen: the plain rank mean, and greedy selection on the AUC."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mel.config import EnsembleSettings
from mel.ensemble.ranks import Floats, combine, places
from mel.errors import MelError
from mel.metrics import auc

__all__ = ["Choice", "Crossfit", "choose", "crossfit"]


@dataclass(frozen=True)
class Choice:
    """Chosen weights, one a member, summing to 1, and the way to them.

    `picks` holds the index of the member added in each round and `aucs` the AUC after it; the
    weights are those after the first `kept` rounds. The rank mean has no rounds.
    """

    weights: Floats
    picks: tuple[int, ...] = ()
    aucs: tuple[float, ...] = ()
    kept: int = 0


def _mean(ranks: Sequence[Floats], _target: Floats, _rounds: int) -> Choice:
    return Choice(np.full(len(ranks), 1 / len(ranks)))


def _greedy(ranks: Sequence[Floats], target: Floats, rounds: int) -> Choice:
    """Ensemble selection with replacement (Caruana et al., ICML 2004), keeping the best prefix."""
    total = np.zeros(len(target))
    counts = np.zeros(len(ranks))
    picks: list[int] = []
    aucs: list[float] = []
    for _ in range(rounds):
        found = np.array([auc(target, total + rank) for rank in ranks])
        tied = np.flatnonzero(found == found.max())
        pick = int(tied[np.argmax(counts[tied])])  # a tie goes to the member chosen most so far
        total += ranks[pick]
        counts[pick] += 1
        picks.append(pick)
        aucs.append(float(found[pick]))
    kept = int(np.argmax(aucs)) + 1
    weights = np.bincount(picks[:kept], minlength=len(ranks)) / kept
    return Choice(weights, tuple(picks), tuple(aucs), kept)


_METHODS: dict[str, Callable[[Sequence[Floats], Floats, int], Choice]] = {
    "mean": _mean,
    "greedy": _greedy,
}


def choose(scores: Floats, target: Floats, settings: EnsembleSettings) -> Choice:
    """Choose the members' weights on `scores` (members x images) and 0/1 `target` (images).

    Members are compared by their percentiles among these images. "mean" weighs all alike;
    "greedy" starts with the best member and adds, `rounds` times in all and with replacement,
    the one that lifts the AUC of the mean most, a tie going to the member chosen most often so
    far, then to the one given first; the shortest best prefix is kept (Caruana, Niculescu-Mizil,
    Crew and Ksikes, Ensemble selection from libraries of models, ICML 2004). A member whose
    scores are all the same orders nothing and gets weight 0.

    Raises MelError when a class is missing (greedy), or when every member is constant, so that
    the weights would sum to 0.

    >>> scores = np.array([[1.0, 2.0, 3.0, 4.0], [4.0, 1.0, 2.0, 3.0], [5.0, 5.0, 5.0, 5.0]])
    >>> choose(scores, np.array([0.0, 0.0, 1.0, 1.0]), EnsembleSettings(rounds=3)).weights
    array([1., 0., 0.])
    >>> choose(scores, np.array([0.0, 0.0, 1.0, 1.0]), EnsembleSettings(method="mean")).weights
    array([0.5, 0.5, 0. ])
    """
    useful = np.flatnonzero(scores.min(axis=1) < scores.max(axis=1))
    if not len(useful):
        raise MelError(
            f"each of the {len(scores)} members gives all {scores.shape[1]} images one and the "
            "same score, so that all weights are 0; train the members again"
        )
    # twice the mid-rank is a whole number: sums of them are exact, and ties stay ties
    ranks = [np.rint(places(scores[index]) * 2 * scores.shape[1]) for index in useful]
    found = _METHODS[settings.method](ranks, target, settings.rounds)
    weights = np.zeros(len(scores))
    weights[useful] = found.weights
    picks = tuple(int(useful[pick]) for pick in found.picks)
    return Choice(weights, picks, found.aucs, found.kept)


@dataclass(frozen=True)
class Crossfit:
    """Scores that nothing scored helped to make, and the weights of each fold."""

    scores: Floats  # (images,)
    weights: Floats  # (folds, members)


def crossfit(
    scores: Floats,
    target: Floats,
    fold: Floats,
    trains: NDArray[np.bool_],
    settings: EnsembleSettings,
) -> Crossfit:
    """Score each fold with weights and ranking references from the images that may train it.

    `scores` is members x images, `target` and `fold` (0, 1, …) are one an image, `trains` is
    folds x images. No label and no score of a fold touches what its images get.
    """
    found = np.zeros(len(target))
    weights = []
    for k, rest in enumerate(trains):
        held = fold == k
        weights.append(choose(scores[:, rest], target[rest], settings).weights)
        references = np.sort(scores[:, rest], axis=1)
        found[held] = combine(list(scores[:, held]), list(references), weights[-1])
    return Crossfit(found, np.array(weights))
