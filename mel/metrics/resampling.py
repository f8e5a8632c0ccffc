"""Draws of patients: images of one patient are alike."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mel.errors import MelError
from mel.metrics.ranking import Floats, checked
from mel.metrics.weighted import above, by_images, by_patients

__all__ = ["Resamples"]

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
            return by_patients(truth, values, group, self.times)
        found = [by_images(truth, values, part[:, group]) for part in self._chunks()]
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
        return np.concatenate([above(truth, values, part, min_tpr) for part in parts])

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
