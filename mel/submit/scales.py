"""What is odd about a column of scores: allowed, and perhaps not meant."""

import numpy as np
from numpy.typing import ArrayLike

from mel.errors import many

__all__ = ["oddities"]


def oddities(scores: ArrayLike) -> tuple[str, ...]:
    """Say what is odd about finite scores, a line each; nothing where they look like probabilities.

    >>> oddities([0.1, 0.7])
    ()
    >>> oddities([-3.5, 0.2, 1.2])[0].partition(":")[0]
    '2 of 3 values lie outside 0 to 1 (-3.5 to 1.2)'
    """
    values = np.asarray(scores, float)
    if not values.size:
        return ()
    low, high = values.min(), values.max()
    if low == high:
        return (f"all {many(values.size, 'value')} are {low:g}: nothing is ranked",)
    found = []
    if outside := int(((values < 0) | (values > 1)).sum()):
        found.append(
            f"{outside:,} of {values.size:,} values lie outside 0 to 1 ({low:g} to {high:g}): no "
            "probabilities; AUC takes them, log loss and thresholds do not"
        )
    elif np.isin(values, (0, 1)).all():
        found.append("every value is 0 or 1: labels, no scores; AUC loses by that")
    return tuple(found)
