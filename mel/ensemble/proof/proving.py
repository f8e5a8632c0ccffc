"""All of the proof, in the order in which one thing needs the other."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mel.config import CalibrationSettings, OperatingSettings
from mel.ensemble.calibration import Calibration
from mel.ensemble.operating import OperatingPoint
from mel.ensemble.proof.aiming import LADDER, operate
from mel.ensemble.proof.calibrating import Calibrated, calibrate, fitting_rows
from mel.ensemble.proof.comparing import Comparison, compare_scores
from mel.ensemble.proof.deciding import Decision, Way
from mel.ensemble.proof.drift import Drift, drift
from mel.ensemble.proof.groups import Group, groups
from mel.ensemble.proof.parts import nested
from mel.ensemble.proof.warning import warnings
from mel.ensemble.proof.worth import Worth, worths
from mel.ensemble.ranks import Floats
from mel.ensemble.rows import Rows
from mel.metrics import Resamples, auc
from mel.tables import ImageTable

__all__ = ["Proof", "Ways", "prove"]

_ONE = "There is one member only: the blend is"


@dataclass(frozen=True)
class Ways:
    """The ways that are compared: the method that was asked for, the rank mean, the one taken.

    `alone` names the only member with a weight in the blend that is taken, where there is one only.
    """

    method: Way
    mean: Way
    taken: Way
    alone: str = ""


@dataclass(frozen=True)
class Proof:
    """What the blend that was taken is worth, and what its score means; plain data but for words.

    `taken` names the way of blending, which is not the one advised where no fallback is allowed.
    `points` begins with the user's own operating point; the others are those every report shows.
    `alone` names the only member with a weight, where there is one only. `nested` tells whether
    curves and thresholds were judged on folds that had no part in the weights behind them either.
    """

    decision: Decision
    taken: str
    against_best: Comparison
    worths: tuple[Worth, ...]
    calibration: Calibration
    calibrated: tuple[Calibrated, ...]
    points: tuple[OperatingPoint, ...]
    groups: tuple[Group, ...]
    drift: tuple[Drift, ...]
    alone: str = ""
    warnings: tuple[str, ...] = ()
    nested: bool = True

    @property
    def words(self) -> tuple[str, ...]:
        """Give the recommendation, a sentence or two each, the most important one first."""
        alone = f"{_ONE} {self.alone or 'its mirror image'}."
        said = [self.decision.words] if self.worths else [alone]
        said += self.warnings
        if self.taken == self.decision.method and not self.decision.proven and self._asked:
            said.append(f"The settings keep {self.taken} all the same: fallback is off.")
        if self.worths:
            said += [self.decision.cost] if self.decision.cost else []
            said.append(self._best)
        said += [f"{worth.words}." for worth in self.worths if worth.verdict != "earns its place"]
        warned = [found for found in self.drift if found.warns]
        said += [f"{found.words}." for found in warned[:1]]
        if others := ", ".join(found.what for found in warned[1:]):
            said.append(f"Drift in these too: {others}.")
        return tuple(said)

    @property
    def _asked(self) -> bool:
        return self.decision.against_mean is not None

    @property
    def _best(self) -> str:
        found = self.against_best
        if self.alone:
            said = f"The blend is {self.alone} alone: on all rows no other member has a weight."
            if not found.gain:
                return said
            return (
                f"{said} Its honest AUC differs from that member's, {found.numbers}: each fold is "
                "ranked against the others, and may give another a weight."
            )
        if found.verdict == "above":
            return f"Blending pays: {found.words}."
        if found.verdict == "below":
            return f"Do not blend these: {found.words}. Use that member alone."
        said = found.words[0].upper() + found.words[1:]
        return f"{said}. That member alone does as well, as far as can be told."

    def as_dict(self) -> dict[str, Any]:
        """Give nested dicts and lists that JSON takes."""
        return {"words": list(self.words)} | asdict(self)


def prove(
    table: ImageTable,
    rows: Rows,
    ways: Ways,
    decision: Decision,
    draws: Resamples,
    settings: tuple[CalibrationSettings, OperatingSettings],
    tests: Mapping[str, tuple[Floats, Floats]],
) -> Proof:
    """Prove the way taken; `tests` holds out-of-fold and test scores by name, to compare them."""
    scores, (how, aim) = ways.taken.scores, settings
    inner = nested(rows, ways.taken.honest)
    fitting = fitting_rows(rows, scores, inner)
    calibration, calibrated = calibrate(rows, scores, fitting, draws, how)
    own = operate(rows, scores, fitting, draws, aim, calibration)
    others = [each for each in LADDER if each != aim]
    ladder = (operate(rows, scores, fitting, draws, o, calibration, vary=False) for o in others)
    best = max(range(len(rows.names)), key=lambda index: auc(rows.target, rows.scores[index]))
    blend = ("the blend", scores)
    return Proof(
        decision=decision,
        taken=ways.taken.name,
        against_best=compare_scores(
            draws, rows.target, blend, (f"the best member, {rows.names[best]}", rows.scores[best])
        ),
        worths=worths(
            rows, draws, (ways.taken.honest, scores), (ways.mean.honest, ways.mean.scores)
        ),
        calibration=calibration,
        calibrated=calibrated,
        points=(own, *ladder),
        groups=groups(table, rows, scores, draws),
        drift=drift(tests),
        alone=ways.alone,
        warnings=warnings(rows, draws, own),
        nested=inner is not None,
    )
