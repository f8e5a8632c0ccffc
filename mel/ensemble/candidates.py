"""The method that was asked for and the rank mean: both made, compared, and one of them taken."""

from dataclasses import dataclass

import numpy as np

from mel.config import EnsembleSettings
from mel.ensemble.coding import Coded
from mel.ensemble.methods import Choice, Crossfit, choose, coded_rows, crossfit, naive_scores
from mel.ensemble.proof import Decision, Measure, Way, Ways, decide
from mel.ensemble.ranks import Floats
from mel.ensemble.rows import Rows
from mel.metrics import Resamples

__all__ = ["RANK_MEAN", "Candidates", "Ranked", "decide_ways"]

RANK_MEAN = "rank mean"


@dataclass(frozen=True)
class Ranked:
    """One way of blending, applied to the out-of-fold rows honestly and naively."""

    choice: Choice
    crossfit: Crossfit
    naive: Floats  # (images,)


@dataclass(frozen=True)
class Candidates:
    """The method that was asked for, by its name, the rank mean, and which of them is taken."""

    name: str
    method: Ranked
    mean: Ranked
    takes_method: bool

    @property
    def taken(self) -> Ranked:
        """What the blend is made of."""
        return self.method if self.takes_method else self.mean

    @property
    def by_name(self) -> dict[str, Ranked]:
        """Each way once, the one taken first."""
        both = {self.name: self.method, RANK_MEAN: self.mean}
        return both if self.takes_method else dict(reversed(both.items()))


def decide_ways(
    rows: Rows, settings: EnsembleSettings, draws: Resamples
) -> tuple[Candidates, Decision, Ways]:
    """Blend by the settings and by the rank mean, and take one of the two.

    The method is taken where it is proven better by the measure that its weights are chosen for,
    or where the settings allow no fallback.
    """
    plain = EnsembleSettings(method="mean", ranks=settings.ranks)
    mean, mean_way = _way(rows, plain)
    method, way = (mean, mean_way) if settings.method == "mean" else _way(rows, settings)
    decision = decide(rows, way, mean_way, draws, Measure(settings.area_above))
    takes_method = decision.proven or not settings.fallback
    candidates = Candidates(way.name, method, mean, takes_method)
    taken = way if takes_method else mean_way
    weights = candidates.taken.choice.weights
    alone = rows.names[int(weights.argmax())] if weights.max() == 1 else ""
    return candidates, decision, Ways(way, mean_way, taken, alone)


def _way(rows: Rows, settings: EnsembleSettings) -> tuple[Ranked, Way]:
    ranked = _rank(rows, settings)
    name = RANK_MEAN if settings.method == "mean" else settings.method
    return ranked, Way(name, ranked.crossfit.scores, lambda part: _crossed(part, settings).scores)


def _rank(rows: Rows, settings: EnsembleSettings) -> Ranked:
    coded, patient = coded_rows(rows.scores, settings, rows.fold), np.asarray(rows.patient)
    choice = choose(coded, rows.target, settings, patient=patient)
    return Ranked(choice, _crossed(rows, settings, coded), naive_scores(coded, choice))


def _crossed(rows: Rows, settings: EnsembleSettings, coded: Coded | None = None) -> Crossfit:
    known = coded_rows(rows.scores, settings, rows.fold) if coded is None else coded
    whose = np.asarray(rows.patient)
    return crossfit(known, rows.target, rows.fold, rows.trains, settings, patient=whose)
