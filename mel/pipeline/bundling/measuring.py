"""What a smaller bundle, and bfloat16, change: probabilities, AUC, images a second."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.metrics import auc, auc_gain
from mel.pipeline.bundling.honest import Honest
from mel.submit.scoring import Looked, Scorer

__all__ = ["Measured", "Said", "allows", "compared", "said_by"]

Floats = NDArray[np.float64]
_WARM = 16  # images scored before the clock starts
_AUC = 0.001  # by how much bfloat16 may change the AUC,
_PROBABILITY = 0.02  # any probability,
_SHARE = 0.05  # and the mean probability's share that probabilities change by in the mean
_JUDGED = {"single": "each image by itself", "auto": "a patient's images together"}


@dataclass(frozen=True)
class Said:
    """What a scorer said of honest images, by variant, and how many it looked at a second."""

    score: Mapping[str, Floats]
    probability: Mapping[str, Floats]
    speed: float


@dataclass(frozen=True)
class Measured:
    """What changed from one scorer to another, on the same images in the same run.

    `judged` says whether each image was judged by itself or a patient's together. `auc` is of the
    other, None where the images are of one class; `change` is what it gained, from `low` to `high`
    (95 %, by resampled patients). `largest` and `mean` are differences of probabilities, whose mean
    is `level`, `moved` the largest of rank scores; `speed` is the ratio of images a second.
    """

    what: str
    against: str
    images: str
    judged: str
    auc: float | None
    change: float | None
    low: float | None
    high: float | None
    largest: float
    mean: float
    level: float
    moved: float
    speed: float

    def as_dict(self) -> dict[str, Any]:
        """Give plain data."""
        return asdict(self)

    @property
    def title(self) -> str:
        """What was measured, in a word or two."""
        short = self.what if self.what == "bfloat16" else "smaller"
        return short if self.judged == _JUDGED["single"] else f"{short}, patients"

    @property
    def text(self) -> str:
        """Say it in a line."""
        worth = "no AUC, for the images are of one class"
        if self.auc is not None and self.change is not None:
            between = "" if self.low is None else f", {self.low:+.4f} to {self.high:+.4f}"
            worth = f"AUC {self.auc:.4f} ({self.change:+.4f}{between})"
        return (
            f"{self.what} against {self.against}, {self.judged}: {worth}; probabilities, "
            f"{self.level:.3f} in the mean, differ by {self.largest:.1e} at most, {self.mean:.1e} "
            f"in the mean, rank scores by {self.moved:.1e} at most; {self.speed:.2f} times the "
            "images a second"
        )

    @property
    def warning(self) -> str:
        """Say that AUC was lost, where that is beyond noise; else nothing."""
        if self.high is None or self.high >= 0 or self.change is None or self.change > -_AUC:
            return ""
        return (
            f"It costs AUC, beyond noise: with {self.what} it is {-self.change:.4f} lower than by "
            f"{self.against} ({-self.high:.4f} to {-(self.low or 0.0):.4f}), {self.judged}."
        )


def said_by(scorer: Scorer, honest: Honest) -> Said:
    """Score honest images, each by networks that never saw it, in each variant that there is."""
    frame = honest.frame
    scorer.look(frame.head(_WARM))
    start = time.perf_counter()
    looked = scorer.look(frame)
    seconds = time.perf_counter() - start
    found = {name: _judged(scorer, honest, looked, name) for name in honest.variants}
    score, probability = (
        {name: one[column].fill_null(np.nan).to_numpy() for name, one in found.items()}
        for column in ("score", "probability")
    )
    return Said(score, probability, frame.height / seconds)


def _judged(scorer: Scorer, honest: Honest, looked: Looked, variant: str) -> pl.DataFrame:
    """Judge images, those of each fold by its networks; a patient's are all of one."""
    frame, parts = honest.frame, []
    for (fold,), rows in frame.group_by("fold", maintain_order=True):
        column = None if fold is None else scorer.folds.index(str(fold))
        judged = scorer.judge(rows, looked, variant, fold=column)
        parts.append(judged.frame.select("image_id", "score", "probability"))
    ids = frame.select("image_id")
    return ids.join(pl.concat(parts), on="image_id", how="left", maintain_order="left")


def compared(what: str, against: str, honest: Honest, one: Said, other: Said) -> Sequence[Measured]:
    """Compare what two scorers said, in each variant; pictures that cannot be read are left out."""
    return [
        _compared((what, against, honest.what, _JUDGED[name]), name, honest, one, other)
        for name in honest.variants
    ]


def _compared(
    names: tuple[str, str, str, str], variant: str, honest: Honest, one: Said, other: Said
) -> Measured:
    before, after = one.probability[variant], other.probability[variant]
    fine = np.isfinite(before) & np.isfinite(after)
    gap = np.abs(after - before)[fine]
    said, before_that = other.score[variant][fine], one.score[variant][fine]
    target = honest.target.to_numpy()[fine]
    worth = None
    change: tuple[float, float, float] | tuple[None, None, None] = (None, None, None)
    if len(np.unique(target)) == 2:
        worth = auc(target, said)
        patients = honest.frame["patient_id"].fill_null(honest.frame["image_id"]).to_numpy()[fine]
        change = auc_gain(target, said, before_that, patients)
    what, against, images, judged = names
    gain, low, high = change
    return Measured(
        what=what,
        against=against,
        images=images,
        judged=judged,
        auc=worth,
        change=gain,
        low=low,
        high=high,
        largest=float(gap.max(initial=0.0)),
        mean=float(gap.mean()) if gap.size else 0.0,
        level=float(before[fine].mean()) if gap.size else 0.0,
        moved=float(np.abs(said - before_that).max(initial=0.0)),
        speed=other.speed / one.speed,
    )


def allows(measured: Sequence[Measured]) -> bool:
    """Say whether bfloat16 is good enough to be used without being asked for.

    In each variant: an AUC sees only the order of the images, so that all probabilities could be
    wrong, and with them the verdicts, at the same AUC. Two points of a hundred at most are less
    than a screen's curves show, and a twentieth of the mean holds rare diseases to their scale.
    """
    return all(
        (one.change is None or abs(one.change) <= _AUC)
        and one.largest <= _PROBABILITY
        and one.mean <= _SHARE * one.level
        for one in measured
    )
