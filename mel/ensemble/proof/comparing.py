"""One score against another on the same images: by patient bootstrap, and by DeLong's test."""

from dataclasses import dataclass

from mel.ensemble.ranks import Floats
from mel.metrics import Paired, Resamples, auc, paired

__all__ = ["Comparison", "Verdict", "compare_scores"]

Verdict = str


@dataclass(frozen=True)
class Comparison:
    """By how much the AUC of `one` is above that of `other`, and how sure that is.

    `low` and `high` are the ends of the 95 % interval from resampling patients, the same draws for
    both: these decide. `delong` is the test for independent images, for comparison.
    """

    one: str
    other: str
    gain: float
    low: float
    high: float
    delong: Paired

    @property
    def verdict(self) -> Verdict:
        """Give "above", "below" or "alike": whether the interval holds 0."""
        if self.low > 0:
            return "above"
        return "below" if self.high < 0 else "alike"

    @property
    def numbers(self) -> str:
        """Give the gain and its interval as text."""
        return f"{self.gain:+.4f} ({self.low:+.4f} to {self.high:+.4f})"

    @property
    def words(self) -> str:
        """Say it in a sentence."""
        verbs = {
            "above": "is better than",
            "below": "is worse than",
            "alike": "cannot be told from",
        }
        return f"{self.one} {verbs[self.verdict]} {self.other}: AUC {self.numbers}"


def compare_scores(
    draws: Resamples, target: Floats, one: tuple[str, Floats], other: tuple[str, Floats]
) -> Comparison:
    """Compare two named scores of all images that `draws` resamples."""
    (name, score), (against, theirs) = one, other
    gains = draws.aucs(target, score) - draws.aucs(target, theirs)
    low, high = draws.interval(gains)
    gain = auc(target, score) - auc(target, theirs)
    return Comparison(name, against, gain, low, high, paired(target, score, theirs))
