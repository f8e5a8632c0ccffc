"""What a smaller bundle, and bfloat16, change: probabilities, AUC, images a second."""

import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.metrics import auc
from mel.pipeline.bundling.honest import Honest
from mel.submit.scoring import Scorer

__all__ = ["Measured", "Said", "allows", "compared", "said_by"]

Floats = NDArray[np.float64]
_WARM = 16  # images scored before the clock starts
_AUC, _PROBABILITY = 0.001, 0.01  # by how much bfloat16 may change either


@dataclass(frozen=True)
class Said:
    """What a scorer said of honest images, and how many it looked at a second."""

    score: Floats
    probability: Floats
    speed: float


@dataclass(frozen=True)
class Measured:
    """What changed from one scorer to another, on the same images in the same run.

    `auc` is of the other, None where the images are of one class; `change` is what it gained.
    `largest` and `mean` are differences of probabilities, `moved` the largest of rank scores;
    `speed` is the ratio of images a second.
    """

    what: str
    against: str
    images: str
    auc: float | None
    change: float | None
    largest: float
    mean: float
    moved: float
    speed: float

    def as_dict(self) -> dict[str, Any]:
        """Give plain data."""
        return asdict(self)

    @property
    def text(self) -> str:
        """Say it in a line."""
        worth = "no AUC, for the images are of one class"
        if self.auc is not None and self.change is not None:
            worth = f"AUC {self.auc:.4f} ({self.change:+.4f})"
        return (
            f"{self.what} against {self.against}: {worth}; probabilities differ by "
            f"{self.largest:.1e} at most, {self.mean:.1e} in the mean, rank scores by "
            f"{self.moved:.1e} at most; {self.speed:.2f} times the images a second"
        )


def said_by(scorer: Scorer, honest: Honest) -> Said:
    """Score honest images by themselves, each by networks that never saw it."""
    frame = honest.frame
    scorer.look(frame.head(_WARM))
    start = time.perf_counter()
    looked = scorer.look(frame)
    seconds = time.perf_counter() - start
    parts = []
    for (fold,), rows in frame.group_by("fold", maintain_order=True):
        column = None if fold is None else scorer.folds.index(str(fold))
        judged = scorer.judge(rows, looked, "single", fold=column)
        parts.append(judged.frame.select("image_id", "score", "probability"))
    found = frame.select("image_id").join(
        pl.concat(parts), on="image_id", how="left", maintain_order="left"
    )
    score, probability = (
        found[name].fill_null(np.nan).to_numpy() for name in ("score", "probability")
    )
    return Said(score, probability, frame.height / seconds)


def compared(what: str, against: str, honest: Honest, one: Said, other: Said) -> Measured:
    """Compare what two scorers said; images that could not be read are left out."""
    fine = np.isfinite(one.probability) & np.isfinite(other.probability)
    gap = np.abs(other.probability - one.probability)[fine]
    target = honest.target.to_numpy()[fine]
    both = len(np.unique(target)) == 2
    worth = [auc(target, said.score[fine]) if both else None for said in (one, other)]
    change = None if worth[0] is None or worth[1] is None else worth[1] - worth[0]
    return Measured(
        what,
        against,
        honest.what,
        worth[1],
        change,
        float(gap.max(initial=0.0)),
        float(gap.mean()) if gap.size else 0.0,
        float(np.abs(other.score - one.score)[fine].max(initial=0.0)),
        other.speed / one.speed,
    )


def allows(measured: Measured) -> bool:
    """Say whether bfloat16 is good enough to be used without being asked for."""
    if measured.change is None:
        return measured.largest <= _PROBABILITY
    return abs(measured.change) <= _AUC
