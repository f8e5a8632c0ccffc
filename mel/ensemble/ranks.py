"""Mid-rank percentiles, and how far two orders of the same images differ."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mel.metrics import percentile

__all__ = ["FAR", "Floats", "Orders", "compare", "places"]

Floats = NDArray[np.float64]

FAR = 0.01  # a move of more than this share of the images counts as far


def places(scores: Floats) -> Floats:
    """Give each score's mid-rank percentile among the scores themselves, between 0 and 1.

    >>> places(np.array([7.0, 1.0, 7.0, 9.0]))
    array([0.5  , 0.125, 0.5  , 0.875])
    """
    return percentile(scores, np.sort(scores))


@dataclass(frozen=True)
class Orders:
    """How far two orders of the same images differ."""

    images: int
    spearman: float | None  # rank correlation; None where one of the two is one single tie
    largest_move: float  # places that the image that moves furthest moves
    largest_share: float  # the same as a share of the images
    furthest: str  # that image's id
    moved_far: float  # share of the images that move by more than `FAR` of the images

    def as_dict(self) -> dict[str, Any]:
        """Give plain data for a header."""
        return asdict(self)


def compare(ids: Sequence[str], one: Floats, other: Floats) -> Orders | None:
    """Say how far two orders differ: Spearman's correlation and the moves, ties at mid-rank.

    None without images.

    >>> found = compare(["a", "b", "c", "d"], np.array([1.0, 2, 3, 4]), np.array([1.0, 2, 4, 3]))
    >>> found.spearman, found.largest_move, found.furthest, found.moved_far
    (0.8, 1.0, 'c', 0.5)
    """
    if not len(ids):
        return None
    first, second = places(one), places(other)
    share = np.abs(first - second)
    far = int(share.argmax())
    moves = float(share[far] * len(ids))
    moved = float((share > FAR).mean())
    return Orders(
        len(ids), _correlation(first, second), moves, float(share[far]), str(ids[far]), moved
    )


def _correlation(first: Floats, second: Floats) -> float | None:
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return round(float(np.corrcoef(first, second)[0, 1]), 12)
