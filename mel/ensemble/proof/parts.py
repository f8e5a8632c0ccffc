"""The same rows with a fold or a member left out, and scores that know nothing of a fold."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mel.ensemble.ranks import Floats
from mel.ensemble.rows import Rows

__all__ = ["MANY", "Honest", "nested", "without_fold", "without_member"]

Honest = Callable[[Rows], Floats]
"""A way of blending: rows in, scores out that are cross-fitted over the folds of these rows."""

MANY = 20_000_000  # scores, images times members, from which nothing is blended over and over
_FEWEST = 3  # folds, of which one can be left out and the others still be crossed


def without_fold(rows: Rows, fold: int) -> Rows:
    """Give the rows that may train `fold`, their folds numbered anew from 0."""
    kept = rows.trains[fold]
    folds, renumbered = np.unique(rows.fold[kept], return_inverse=True)
    where = np.flatnonzero(kept)
    return replace(
        rows,
        ids=[rows.ids[index] for index in where],
        scores=rows.scores[:, kept],
        target=rows.target[kept],
        patient=[rows.patient[index] for index in where],
        fold=renumbered.astype(np.float64),
        trains=rows.trains[folds.astype(int)][:, kept],
    )


def without_member(rows: Rows, member: int) -> Rows:
    """Give the rows without one member's scores."""
    names = rows.names[:member] + rows.names[member + 1 :]
    return replace(rows, names=names, scores=np.delete(rows.scores, member, axis=0))


def nested(rows: Rows, honest: Honest) -> list[Floats] | None:
    """Give, for each fold, honest scores of the rows that may train it: made without that fold.

    Whatever is chosen on them, a threshold or a curve, can be judged on the fold's own scores: the
    fold had no part in it, nor in the weights behind it. Scores of the k-th list belong to the
    rows where `rows.trains[k]`. None with two folds, of which none can be left out, and with more
    than `MANY` scores, with which it would take too long.
    """
    if len(rows.trains) < _FEWEST or rows.scores.size > MANY:
        return None
    return [honest(without_fold(rows, fold)) for fold in range(len(rows.trains))]
