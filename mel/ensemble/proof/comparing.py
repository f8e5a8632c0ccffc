"""One score against another on the same images: by patient bootstrap, and by DeLong's test."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mel.ensemble.ranks import Floats
from mel.ensemble.wording import gain_text
from mel.metrics import Paired, Resamples, auc, paired, partial_auc

__all__ = ["WHOLE", "Comparison", "Measure", "compare_scores"]


@dataclass(frozen=True)
class Measure:
    """What the ways are compared by: the area under the ROC curve above a true positive rate."""

    min_tpr: float = 0.0

    @property
    def name(self) -> str:
        """The measure's name."""
        return f"partial AUC above {100 * self.min_tpr:g} %" if self.min_tpr else "AUC"

    def of(self, target: Floats, score: Floats) -> float:
        """Measure scores."""
        return partial_auc(target, score, self.min_tpr) if self.min_tpr else auc(target, score)

    def drawn(
        self,
        draws: Resamples,
        target: Floats,
        score: Floats,
        rows: NDArray[np.bool_] | None = None,
    ) -> Floats:
        """Measure scores in every resample."""
        if self.min_tpr:
            return draws.partial_aucs(target, score, rows, min_tpr=self.min_tpr)
        return draws.aucs(target, score, rows)


WHOLE = Measure()


@dataclass(frozen=True)
class Comparison:
    """By how much the AUC of `one` is above that of `other`, and how sure that is.

    Or whatever `measure` is. `low` and `high` are the ends of the 95 % interval from resampling
    patients, the same draws for both: these decide. `delong` is the test of the whole AUC for
    independent images, beside it.
    """

    one: str
    other: str
    gain: float
    low: float
    high: float
    delong: Paired
    measure: str = "AUC"

    @property
    def verdict(self) -> str:
        """Give "above", "below" or "alike": whether the interval holds 0."""
        if self.low > 0:
            return "above"
        return "below" if self.high < 0 else "alike"

    @property
    def numbers(self) -> str:
        """Give the gain and its interval as text."""
        return gain_text(self.gain, self.low, self.high)

    @property
    def words(self) -> str:
        """Say it in a sentence."""
        verbs = {
            "above": "is better than",
            "below": "is worse than",
            "alike": "cannot be told from",
        }
        return f"{self.one} {verbs[self.verdict]} {self.other}: {self.measure} {self.numbers}"


def compare_scores(
    draws: Resamples,
    target: Floats,
    one: tuple[str, Floats],
    other: tuple[str, Floats],
    measure: Measure = WHOLE,
) -> Comparison:
    """Compare two named scores of all images that `draws` resamples."""
    (name, score), (against, theirs) = one, other
    gains = measure.drawn(draws, target, score) - measure.drawn(draws, target, theirs)
    low, high = draws.interval(gains)
    gain = measure.of(target, score) - measure.of(target, theirs)
    test = paired(target, score, theirs)
    return Comparison(name, against, gain, low, high, test, measure.name)
