"""Which column of somebody else's file holds the scores, and which the truth."""

from collections.abc import Sequence

import polars as pl

from mel.errors import MelError, near
from mel.files import usual

__all__ = ["score_column", "truth_columns"]

_SCORES = (
    *("score", "scores", "pred", "preds", "prediction", "predictions", "predicted", "y_pred"),
    *("prob", "probs", "proba", "probability", "oof", "oof_pred", "oof_preds", "oof_score"),
    *("logit", "logits", "rank", "ranks", "output", "y_hat", "melanoma", "mel"),
)
_TRUTH = (
    *("target", "label", "labels", "y", "y_true", "truth", "true", "gt", "ground_truth"),
    *("actual", "targets", "is_malignant", "malignant"),
)


def score_column(frame: pl.DataFrame, asked: str | None, where: str, *, test: bool) -> str:
    """Give the column of scores: the one that was asked for, or the only one of a usual name.

    In a submission, the scores stand under the target's name where no other column is theirs; in
    an out-of-fold file that name is the truth's, and never taken for scores unasked. Raises
    MelError for a column that is not there, none of a usual name, and several of them.

    >>> score_column(pl.DataFrame({"id": ["a"], "Target": [0.3]}), None, "test.csv", test=True)
    'Target'
    """
    option = "--test-score-column" if test else "--score-column"
    if asked is not None:
        if asked not in frame.columns:
            raise MelError(f"{where}: no column {asked!r} of scores; {near(asked, frame.columns)}")
        return asked
    found = usual(frame, _SCORES) or (usual(frame, _TRUTH) if test else [])
    if len(found) > 1:
        raise MelError(
            f"{where}: columns {found[0]!r} and {found[1]!r} may both hold the scores; name one "
            f"with {option}"
        )
    if not found:
        raise MelError(_none(frame, where, option))
    return found[0]


def _none(frame: pl.DataFrame, where: str, option: str) -> str:
    truth = usual(frame, _TRUTH)
    other = (
        f"{truth[0]!r} is taken for the truth, and labels are no scores"
        if truth
        else f"there are {', '.join(frame.columns[:8])}"
    )
    return (
        f"{where}: no column of scores by a usual name ({', '.join(_SCORES[:3])} …); {other}: "
        f"name it with {option}"
    )


def truth_columns(frame: pl.DataFrame, but: Sequence[str]) -> list[str]:
    """Give the columns that the truth usually stands in, but for some."""
    return [name for name in usual(frame, _TRUTH) if name not in but]
