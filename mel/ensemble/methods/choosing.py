"""The weights chosen on some rows, and on all folds but one for each in turn."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mel.config import EnsembleSettings
from mel.ensemble.coding import Coded
from mel.ensemble.methods.board import Board
from mel.ensemble.methods.choice import Choice
from mel.ensemble.methods.coordinate import coordinate
from mel.ensemble.methods.greedy import greedy
from mel.ensemble.methods.hill import hill
from mel.ensemble.methods.means import logit, mean, power
from mel.ensemble.mixing import mix, spread_out
from mel.ensemble.ranks import Floats
from mel.errors import MelError

__all__ = ["METHODS", "Crossfit", "choose", "coded_rows", "crossfit", "naive_scores"]

METHODS: dict[str, Callable[[Board, EnsembleSettings], Choice]] = {
    "mean": mean,
    "greedy": greedy,
    "hill": hill,
    "coordinate": coordinate,
    "power": power,
    "logit": logit,
}


@dataclass(frozen=True)
class Crossfit:
    """Scores that nothing scored helped to make, and the weights of each fold."""

    scores: Floats  # (images,)
    weights: Floats  # (folds, members)


def coded_rows(
    scores: Floats, settings: EnsembleSettings, fold: NDArray[np.generic] | None = None
) -> Coded:
    """Sort each member's scores once, within the folds where the settings rank so."""
    return Coded.of(scores, fold if settings.ranks == "fold" else None)


def choose(
    scores: Floats | Coded,
    target: Floats,
    settings: EnsembleSettings,
    *,
    fold: NDArray[np.generic] | None = None,
    patient: NDArray[np.generic] | None = None,
    known: NDArray[np.bool_] | None = None,
) -> Choice:
    """Choose the members' weights on `scores` (members x images) and 0/1 `target` (images).

    Members are compared by their percentiles among these images, or among those of their `fold`
    where the settings rank so. `patient` tells whose images a bag draws together (by default, each
    image stands alone); `known` limits the rows that are looked at. A member whose scores are all
    the same orders nothing and gets weight 0; of two that order alike, methods that search take
    the first. What each method does is said in its own module.

    Raises MelError when a class is missing for a method that searches, or when every member is
    constant, so that the weights would sum to 0.

    >>> scores = np.array([[1.0, 2.0, 3.0, 4.0], [4.0, 1.0, 2.0, 3.0], [5.0, 5.0, 5.0, 5.0]])
    >>> choose(scores, np.array([0.0, 0.0, 1.0, 1.0]), EnsembleSettings(rounds=3)).weights
    array([1., 0., 0.])
    >>> choose(scores, np.array([0.0, 0.0, 1.0, 1.0]), EnsembleSettings(method="mean")).weights
    array([0.5, 0.5, 0. ])
    """
    coded = scores if isinstance(scores, Coded) else coded_rows(scores, settings, fold)
    own = np.ones(len(target), dtype=bool) if known is None else known
    whose = (
        np.arange(len(target)) if patient is None else np.unique(patient, return_inverse=True)[1]
    )
    board, useful = Board.of(coded, target.astype(bool), own, whose, settings.area_above)
    if not len(useful):
        raise MelError(
            f"each of the {len(coded.codes)} members gives all {int(own.sum())} images one and the "
            "same score, so that all weights are 0; train the members again"
        )
    found = METHODS[settings.method](board, settings)
    weights = np.zeros(len(coded.codes))
    weights[useful] = found.weights
    picks = tuple(int(useful[pick]) for pick in found.picks)
    choice = Choice(weights, picks, found.aucs, found.kept, found.scale)
    if not settings.negative:
        return choice
    return replace(choice, spread=np.sort(_mixed(coded, choice, own, own)))


def crossfit(
    scores: Floats | Coded,
    target: Floats,
    fold: Floats,
    trains: NDArray[np.bool_],
    settings: EnsembleSettings,
    *,
    patient: NDArray[np.generic] | None = None,
) -> Crossfit:
    """Score each fold with weights and ranking references from the images that may train it.

    `scores` is members x images, `target` and `fold` (0, 1, …) are one an image, `trains` is
    folds x images. No label of a fold touches what its images get. Nor does another score of it,
    unless the settings rank within each fold: then a fold's images are ranked among each other.
    """
    coded = scores if isinstance(scores, Coded) else coded_rows(scores, settings, fold)
    found = np.zeros(len(target))
    weights = []
    for k, rest in enumerate(trains):
        held = fold == k
        choice = choose(coded, target, settings, patient=patient, known=rest)
        reference = rest | held if settings.ranks == "fold" else rest
        found[held] = _mixed(coded, choice, reference, held)
        weights.append(choice.weights)
    return Crossfit(found, np.array(weights))


def naive_scores(coded: Coded, choice: Choice) -> Floats:
    """Score all images with weights and references that are their own."""
    every = np.ones(len(coded.block), dtype=bool)
    return _mixed(coded, choice, every, every)


def _mixed(
    coded: Coded, choice: Choice, reference: NDArray[np.bool_], wanted: NDArray[np.bool_]
) -> Floats:
    members = np.flatnonzero(choice.weights)
    places = (coded.places(int(member), reference, wanted) for member in members)
    return spread_out(mix(places, choice.weights[members], choice.scale), choice.spread)
