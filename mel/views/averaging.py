"""From an image's logits under several views to its one score."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mel.config import TtaSettings
from mel.errors import MelError
from mel.metrics import percentile
from mel.views.looking import View

__all__ = ["Reference", "average", "probability", "reference"]

Floats = NDArray[np.float64]
Reference = Mapping[str, Floats]
_DECIMALS = 4  # of a logit that is ranked: the last bits differ from machine to machine


def probability(logits: Floats) -> Floats:
    """Give the logistic function of logits, without overflow.

    >>> probability(np.array([0.0, -1000.0])).tolist()
    [0.5, 0.0]
    """
    small = np.exp(-np.abs(logits))
    return np.asarray(np.where(logits >= 0, 1 / (1 + small), small / (1 + small)))


def reference(logits: Floats, wanted: Sequence[View]) -> Reference:
    """Sort held-out logits `(n, views)`, all of one kind of view together, to four decimals.

    Views that only a turn tells apart share a reference: otherwise a turned picture would be ranked
    otherwise than the picture itself.

    >>> both = [View(64, None, 0), View(64, None, 1)]
    >>> reference(np.array([[0.3, -1.0], [2.0, 0.1]]), both)
    {'whole 64': array([-1. ,  0.1,  0.3,  2. ])}
    """
    kinds = np.array([view.kind for view in wanted])
    fine = np.round(logits, _DECIMALS)
    return {str(kind): np.sort(fine[:, kinds == kind], axis=None) for kind in dict.fromkeys(kinds)}


def average(
    logits: Floats, wanted: Sequence[View], how: TtaSettings, held_out: Reference
) -> Floats:
    """Make one score of each row of `(n, views)`: float64 `(n,)`, from 0 to 1.

    "logit": the logistic function of the mean logit. "probability": the mean of the logistic
    function of each. "rank": the mean over the views of the place of the logit among the fold's
    held-out logits of that kind of view, (those below + half of those equal) / all of them. No
    row depends on another one, so an image gets the same score alone and in a batch. With one
    view the first two are the same: no averaging.

    Raises MelError for ranks without a reference.

    >>> both = [View(64, None, 0), View(64, None, 1)]
    >>> average(np.array([[1.0, -1.0]]), both, TtaSettings(turns="flips"), {}).tolist()
    [0.5]
    """
    if how.average == "rank":
        return _mean([_place(logits[:, i], v, held_out) for i, v in enumerate(wanted)])
    columns = [logits[:, i] for i in range(len(wanted))]
    if how.average == "probability":
        return _mean([probability(column) for column in columns])
    return probability(_mean(columns))


def _place(column: Floats, view: View, held_out: Reference) -> Floats:
    if view.kind not in held_out or not len(held_out[view.kind]):
        raise MelError(
            f"average = 'rank': no held-out scores of {view.kind!r} to rank among; a fold that "
            "scores no image has none: set average = 'logit'"
        )
    return percentile(np.round(column, _DECIMALS), held_out[view.kind])


def _mean(columns: Sequence[Floats]) -> Floats:
    """Add element by element, so that a row's mean does not depend on how many rows there are."""
    total = columns[0]
    for column in columns[1:]:
        total = total + column
    return np.asarray(total / len(columns))
