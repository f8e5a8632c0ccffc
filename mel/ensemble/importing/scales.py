"""Probabilities, logits or ranks: found by the values, or said and checked."""

import numpy as np
import polars as pl

from mel.ensemble.importing.reading import Given
from mel.errors import MelError
from mel.predictions import Scale
from mel.progress import say

__all__ = ["common_scale", "found_scale", "places"]

_STRAIGHT = 1e-6  # of the range: how far ranks may be off the line
_FEW = 10  # values, of which nobody can tell


def common_scale(oof: Given, test: Given, said: Scale) -> Scale:
    """Give the scale of both files: the one that is `said`, or the one they are found to have.

    Test images are ranked against the out-of-fold scores, so both must be on one scale. Raises
    MelError when they are not, when none can be told, and for probabilities beyond 0 and 1.
    """
    if said:
        for given in (oof, test) if said == "probability" else ():
            _check_probabilities(given)
        return said
    known = found_scale(oof.frame["score"])
    if not known:
        low, high = _ends(oof.frame["score"])
        raise MelError(
            f"{oof.where}: {oof.column} goes from {low:g} to {high:g}, which is no one "
            "scale for certain; say it with --scale: probability, logit or rank"
        )
    other = found_scale(test.frame["score"]) if test.frame.height > _FEW else known
    if other != known:
        raise MelError(
            f"{test.where}: {test.column} looks like {other or 'no known scale'}, {oof.column} of "
            f"{oof.where} like {known}, and test images are ranked against the out-of-fold "
            "scores; give both on one scale, or say it with --scale"
        )
    return known


def found_scale(scores: pl.Series) -> Scale:
    """Tell a column's scale by its values; empty where it could be several.

    Ranks lie on a line over the order of the scores, probabilities between 0 and 1, logits on
    both sides of 0.

    >>> [found_scale(pl.Series(s)) for s in ([0.1, 0.9], [-3.0, 2.0], [0.0, 87.0])]
    ['probability', 'logit', '']
    """
    low, high = _ends(scores)
    if scores.n_unique() > _FEW and _on_a_line(scores):
        return "rank"
    if low >= 0 and high <= 1:
        return "probability"
    return "logit" if low < 0 < high else ""


def _ends(scores: pl.Series) -> tuple[float, float]:
    values = scores.to_numpy()
    return float(values.min()), float(values.max())


def _on_a_line(scores: pl.Series) -> bool:
    values, order = scores.to_numpy(), scores.rank("average").to_numpy()
    line = (order - order.min()) / np.ptp(order)
    return bool(np.abs((values - values.min()) / np.ptp(values) - line).max() < _STRAIGHT)


def places(given: Given) -> pl.Series:
    """Give ranks as places among their own file's, between 0 and 1: files differ in their size."""
    scores = given.frame["score"]
    say(f"{given.where}: ranks are taken as places between 0 and 1 within the file")
    return (scores.rank("average") - 0.5) / max(scores.len(), 1)


def _check_probabilities(given: Given) -> None:
    odd = given.frame.filter(~pl.col("score").is_between(0, 1))
    if odd.height:
        raise MelError(
            f"{given.where}: {given.column} of image {odd['image_id'][0]!r} is {odd['score'][0]}, "
            "which is no probability; say another --scale, or leave it out"
        )
