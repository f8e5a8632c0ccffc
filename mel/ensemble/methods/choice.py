"""What every method gives."""

from dataclasses import dataclass

from mel.ensemble.mixing import RANK, Scale
from mel.ensemble.ranks import Floats

__all__ = ["Choice"]


@dataclass(frozen=True)
class Choice:
    """Chosen weights, one a member, whose sizes sum to 1, and the way to them.

    A negative weight counts the member's mirror image. `picks` holds the index of the member that
    each round added or moved, and `aucs` the objective after it; the weights are those after the
    first `kept` rounds. Means have no rounds, nor has an average over bags. `scale` is the one on
    which percentiles are averaged. `spread`, where negative weights are allowed, holds the blends
    of the rows that chose, sorted: a score is then its percentile among them.
    """

    weights: Floats
    picks: tuple[int, ...] = ()
    aucs: tuple[float, ...] = ()
    kept: int = 0
    scale: Scale = RANK
    spread: Floats | None = None
