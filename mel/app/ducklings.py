"""The ugly duckling: the one mole that stands out from a person's others."""

from collections.abc import Sequence

import numpy as np

__all__ = ["duckling"]

_FEWEST = 3  # moles: of two, either is unlike the other
_TIMES = 3.0  # spreads above the middle
_SPREAD = 0.4  # of log odds at least: moles that are all alike differ by that anyway
_EDGE = 1e-6


def duckling(probabilities: Sequence[float | None]) -> int | None:
    """Give the place of the mole that stands out, None where none does.

    It is the riskiest, when its log odds lie above the median of the others by three times their
    spread (the median deviation, scaled as a standard deviation; 0.4 at least). Grob and Bonerandi
    named the sign (1998): a person's moles resemble each other, a melanoma does not. Here only
    their scores are compared.

    >>> duckling([0.02, 0.03, 0.5, 0.02])
    2
    >>> duckling([0.02, 0.5]) is None
    True
    """
    known = {at: value for at, value in enumerate(probabilities) if value is not None}
    if len(known) < _FEWEST:
        return None
    top = max(known, key=lambda at: known[at])
    others = np.array([_odds(value) for at, value in known.items() if at != top])
    middle = float(np.median(others))
    spread = max(1.4826 * float(np.median(np.abs(others - middle))), _SPREAD)
    return top if _odds(known[top]) - middle > _TIMES * spread else None


def _odds(probability: float) -> float:
    kept = min(max(probability, _EDGE), 1 - _EDGE)
    return float(np.log(kept / (1 - kept)))
