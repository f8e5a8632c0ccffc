"""Whether a method is worth its weights: else the rank mean, which has none to overfit."""

from dataclasses import dataclass

import numpy as np

from mel.ensemble.proof.comparing import WHOLE, Comparison, Measure, compare_scores
from mel.ensemble.proof.parts import Honest, nested
from mel.ensemble.ranks import Floats
from mel.ensemble.rows import Rows
from mel.metrics import Resamples

__all__ = ["Decision", "Way", "decide"]

_COST = 0.00005  # below which four decimals show none


@dataclass(frozen=True)
class Way:
    """A way of blending: its name, its honest scores of all rows, and how to make such scores."""

    name: str
    scores: Floats
    honest: Honest


@dataclass(frozen=True)
class Decision:
    """Which of two ways was taken, why, and what it costs to choose.

    `against_mean` compares the method with the rank mean on honest scores: the method is `proven`
    where the whole interval of its gain is above 0. `rule` is the honest AUC of choosing so: each
    fold is scored by what the other folds alone would have chosen, `fold_choices`; None where no
    fold can be left out. It is to be compared with `method_auc` and `mean_auc`, those of always
    taking one. Where the weights are chosen for a partial AUC, all of these are partial AUCs.
    """

    method: str
    proven: bool
    against_mean: Comparison | None
    method_auc: float
    mean_auc: float
    fold_choices: tuple[str, ...] = ()
    rule: float | None = None

    @property
    def words(self) -> str:
        """Say in a sentence what to use and why."""
        found = self.against_mean
        if found is None:
            return "The rank mean was asked for: it has no weights that could overfit."
        if self.proven:
            what = f"Use {self.method}: it beats the rank mean beyond noise"
        elif found.verdict == "below":
            what = f"Use the rank mean: {self.method} is worse than it, beyond noise"
        else:
            what = f"Use the rank mean: {self.method} does not beat it beyond noise"
        return f"{what} (honest {found.measure} {found.numbers})."

    @property
    def cost(self) -> str:
        """Say in a sentence what choosing by the data costs; empty where that was not measured."""
        if self.rule is None:
            return ""
        times = sum(choice != self.method for choice in self.fold_choices)
        lost = max(self.method_auc, self.mean_auc) - self.rule
        price = f"costs {lost:.4f} against" if lost >= _COST else "costs nothing against"
        return (
            f"Chosen anew without each fold, the rank mean is taken in {times} of "
            f"{len(self.fold_choices)} folds and that measures {self.rule:.4f}: choosing by the "
            f"data {price} knowing the better of the two beforehand."
        )


def decide(rows: Rows, way: Way, mean: Way, draws: Resamples, measure: Measure = WHOLE) -> Decision:
    """Decide between a method and the rank mean by their honest scores."""
    if way is mean:
        value = measure.of(rows.target, mean.scores)
        return Decision(way.name, False, None, value, value)
    both = (way.name, way.scores), (mean.name, mean.scores)
    against = compare_scores(draws, rows.target, *both, measure)
    choices, rule = _rule(rows, way, mean, draws, measure)
    return Decision(
        method=way.name,
        proven=against.verdict == "above",
        against_mean=against,
        method_auc=measure.of(rows.target, way.scores),
        mean_auc=measure.of(rows.target, mean.scores),
        fold_choices=choices,
        rule=rule,
    )


def _rule(
    rows: Rows, way: Way, mean: Way, draws: Resamples, measure: Measure
) -> tuple[tuple[str, ...], float | None]:
    """Take for each fold what the same comparison without it says."""
    ours, plain = nested(rows, way.honest), nested(rows, mean.honest)
    if ours is None or plain is None:
        return (), None
    choices, scores = [], np.array(mean.scores)
    for fold, (inner, other) in enumerate(zip(ours, plain, strict=True)):
        rest, held = rows.trains[fold], rows.fold == fold
        target = rows.target[rest]
        ahead = (measure.drawn(draws, target, scored, rest) for scored in (inner, other))
        gains = np.subtract(*ahead)
        proven = draws.interval(gains)[0] > 0
        choices.append((way if proven else mean).name)
        if proven:
            scores[held] = way.scores[held]
    return tuple(choices), measure.of(rows.target, scores)
