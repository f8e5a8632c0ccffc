"""Intervals by resampling patients: images of one patient are alike."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mel.errors import MelError
from mel.metrics.ranking import Floats, auc, checked, one_class

__all__ = ["Resamples", "auc_gain", "auc_interval"]

_CHUNK = 50  # resamples drawn and counted at a time
_DENSE = 60  # pairs of patients an image, up to which counting by patients is the quicker way


class Resamples:
    """The same draws of patients, with replacement, for every measure of the same images.

    `patient` names each image's patient. Draws depend on the number of patients, `resamples` and
    `seed` alone, so that measures of two scores can be compared draw by draw.

    >>> draws = Resamples(["a", "a", "b", "c"], resamples=200)
    >>> low, high = draws.interval(draws.aucs([0, 1, 0, 1], [0.1, 0.9, 0.2, 0.8]))
    >>> low, high
    (1.0, 1.0)
    """

    def __init__(self, patient: ArrayLike, *, resamples: int = 1000, seed: int = 0) -> None:
        _, self.group = np.unique(np.asarray(patient), return_inverse=True)
        self.patients = int(self.group.max()) + 1 if self.group.size else 0
        self.resamples = resamples
        self.seed = seed

    @cached_property
    def times(self) -> Floats:
        """How often each resample holds each patient: resamples x patients."""
        draw = np.random.default_rng(self.seed)
        whole, rest = divmod(self.resamples, _CHUNK)
        sizes = [_CHUNK] * whole + ([rest] if rest else [])
        share = np.full(self.patients, 1 / self.patients)
        drawn = [draw.multinomial(self.patients, share, size=size) for size in sizes]
        return np.concatenate(drawn).astype(np.float64)

    def aucs(self, target: ArrayLike, score: ArrayLike, rows: ArrayLike | None = None) -> Floats:
        """Give the AUC of every resample; not a number where it holds one class only.

        `rows`, booleans over all images, says which of them `target` and `score` are of.
        """
        truth, values = checked(target, score)
        group = self.group if rows is None else self.group[np.asarray(rows)]
        if truth.shape != group.shape:
            raise MelError(f"got {truth.size} targets of {group.size} images; give one an image")
        holders = np.unique(group[truth]).size
        if holders * self.patients <= _DENSE * truth.size:
            return _by_patients(truth, values, group, self.times)
        found = [_by_images(truth, values, part[:, group]) for part in self._chunks()]
        return np.concatenate(found)

    def partial_aucs(
        self,
        target: ArrayLike,
        score: ArrayLike,
        rows: ArrayLike | None = None,
        *,
        min_tpr: float = 0.8,
    ) -> Floats:
        """Give `mel.metrics.partial_auc` of every resample, as `aucs` does the whole one."""
        truth, values = checked(target, score, "partial AUC")
        group = self.group if rows is None else self.group[np.asarray(rows)]
        parts = (part[:, group] for part in self._chunks())
        return np.concatenate([_above(truth, values, part, min_tpr) for part in parts])

    def ratios(self, part: ArrayLike, whole: ArrayLike, rows: ArrayLike | None = None) -> Floats:
        """Give sum(part) / sum(whole) in every resample; not a number where the latter is 0.

        `part` and `whole` are numbers an image, or arrays of a column a ratio.
        """
        group = self.group if rows is None else self.group[np.asarray(rows)]
        upper, lower = (self.times @ self._summed(values, group) for values in (part, whole))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(lower > 0, upper / lower, np.nan), dtype=np.float64)

    def interval(self, values: Floats, level: float = 0.95) -> tuple[float, float]:
        """Give the percentile interval of what the resamples gave.

        Raises MelError where not one resample gave a number.
        """
        known = values[np.isfinite(values)]
        if not known.size:
            raise MelError("no resample of the patients holds both classes; give more patients")
        low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    def _summed(self, values: ArrayLike, group: NDArray[np.intp]) -> Floats:
        columns = np.asarray(values, dtype=np.float64)
        total = np.zeros((self.patients, *columns.shape[1:]))
        np.add.at(total, group, columns)
        return total

    def _chunks(self) -> Iterator[Floats]:
        for start in range(0, self.resamples, _CHUNK):
            yield self.times[start : start + _CHUNK]


def _by_images(truth: NDArray[np.bool_], score: Floats, weights: Floats) -> Floats:
    """AUC of every row of `weights` (resamples x images), in one pass over the sorted scores."""
    positive, negative = _steps(truth, score, weights)
    below = np.cumsum(negative, axis=1) - negative / 2
    pairs = positive.sum(axis=1) * negative.sum(axis=1)
    return _shares((positive * below).sum(axis=1), pairs)


def _steps(truth: NDArray[np.bool_], score: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Give the weights of the positives and of the negatives at each score, from the lowest up."""
    order = np.argsort(score, kind="stable")
    positive = weights[:, order] * truth[order]
    negative = weights[:, order] - positive
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) > 0])
    return np.add.reduceat(positive, starts, axis=1), np.add.reduceat(negative, starts, axis=1)


def _above(truth: NDArray[np.bool_], score: Floats, weights: Floats, min_tpr: float) -> Floats:
    """The area above `min_tpr`: the lowest positives alone decide, each by the negatives below."""
    positive, negative = _steps(truth, score, weights)
    sums = positive.sum(axis=1), negative.sum(axis=1)
    below = np.cumsum(negative, axis=1) - negative
    some = positive.any(axis=0)
    positive, negative, below = positive[:, some], negative[:, some], below[:, some]
    before = np.cumsum(positive, axis=1) - positive
    taken = np.clip((1 - min_tpr) * sums[0][:, None] - before, 0, positive)
    share = np.divide(taken, positive, out=np.zeros_like(taken), where=positive > 0)
    return _shares((taken * (below + negative * share / 2)).sum(axis=1), sums[0] * sums[1])


def _by_patients(
    truth: NDArray[np.bool_], score: Floats, group: NDArray[np.intp], times: Floats
) -> Floats:
    """The same from how often the positives of each patient outscore the negatives of each other.

    These counts are whole and half numbers: both ways give the same to the last bit.
    """
    patients = times.shape[1]
    known, which = np.unique(score[truth], return_inverse=True)
    wins = np.zeros((len(known) + 1) * patients)
    for side in ("left", "right"):  # a negative that ties with a positive counts half
        first = np.searchsorted(known, score[~truth], side)
        wins += np.bincount(first * patients + group[~truth], minlength=len(wins)) / 2
    beaten = np.cumsum(wins.reshape(-1, patients), axis=0)[which]
    holders, whose = np.unique(group[truth], return_inverse=True)
    counts = np.zeros((len(holders), patients))
    np.add.at(counts, whose, beaten)
    total = ((times[:, holders] @ counts) * times).sum(axis=1)
    positives = times @ np.bincount(group[truth], minlength=patients)
    return _shares(total, positives * (times @ np.bincount(group[~truth], minlength=patients)))


def _shares(wins: Floats, pairs: Floats) -> Floats:
    found = np.full(len(pairs), np.nan)
    np.divide(wins, pairs, out=found, where=pairs > 0)
    return found


def auc_interval(
    target: ArrayLike,
    score: ArrayLike,
    patient: ArrayLike,
    *,
    resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """Give a percentile bootstrap interval of the AUC, resampling patients, not images.

    Images of one patient are alike, so that resampling images would give too narrow an interval.
    """
    draws = Resamples(patient, resamples=resamples, seed=seed)
    found = draws.aucs(target, score)
    _refuse_one_class(target, found)
    return draws.interval(found, level)


def auc_gain(
    target: ArrayLike,
    score: ArrayLike,
    other: ArrayLike,
    patient: ArrayLike,
    *,
    resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float, float]:
    """Give by how much the AUC of `score` is above that of `other`, and the ends of its interval.

    Both score the same images, row by row; each resample of the patients counts for both, so that
    what is hard for both is not taken for a difference.

    >>> auc_gain([0, 1, 0, 1], [0.1, 0.9, 0.2, 0.8], [0.1, 0.9, 0.2, 0.8], ["a", "b", "c", "d"])
    (0.0, 0.0, 0.0)
    """
    draws = Resamples(patient, resamples=resamples, seed=seed)
    gains = draws.aucs(target, score) - draws.aucs(target, other)
    _refuse_one_class(target, gains)
    return auc(target, score) - auc(target, other), *draws.interval(gains, level)


def _refuse_one_class(target: ArrayLike, found: Floats) -> None:
    if not np.isfinite(found).any():
        raise one_class(np.asarray(target).astype(bool))
