"""Scores held against the truth: no labels pass for scores, no scores of other labels."""

import polars as pl

from mel.ensemble.importing.reading import Given
from mel.errors import MelError, many
from mel.metrics import auc, percentile
from mel.progress import say
from mel.tables import ImageTable

__all__ = ["check_truth", "weigh"]

_DRIFT = 0.25  # of the way: the mean place of the test scores, from the middle


def check_truth(given: Given, table: ImageTable) -> None:
    """Refuse labels given as scores, and a file whose truth is not the table's.

    Labels are scores of two values at most, each of which stands for one target only, whatever
    the values are called. A column of the truth is compared where it holds nothing but 0 and 1.
    """
    rows = given.frame.join(table.train.select("image_id", "target"), on="image_id")
    mixed = rows.group_by("score").agg(pl.col("target").n_unique())
    if mixed.height <= 2 and mixed["target"].max() == 1:
        raise MelError(
            f"{given.where}: column {given.column!r} is the table's own target; labels are no "
            "scores: name the column of the scores with --score-column"
        )
    for name in given.truth.columns[1:]:
        _compare(given, name, table)


def _compare(given: Given, name: str, table: ImageTable) -> None:
    said = given.truth.select("image_id", said=pl.col(name).cast(pl.Float64, strict=False))
    if not said["said"].is_in([0.0, 1.0]).fill_null(False).all():
        say(f"{given.where}: column {name!r} is not 0 or 1 throughout, and not compared")
        return
    both = said.join(table.train.select("image_id", "target"), on="image_id", validate="1:1")
    odd = both.filter(pl.col("said") != pl.col("target")).sort("image_id")
    if odd.height:
        raise MelError(
            f"{given.where}: {name} of image {odd['image_id'][0]!r} is {odd['said'][0]:g}, in "
            f"table {table.name} it is {odd['target'][0]} ({many(odd.height, 'such image')}); "
            "these are scores of other labels: correct them, or the table"
        )


def weigh(oof: Given, test: Given, table: ImageTable) -> None:
    """Say what is odd about scores though they may be used, and refuse test scores all alike."""
    scores, name = oof.frame["score"], oof.where
    if scores.n_unique() == 1:
        say(f"{name}: all scores are {scores[0]}: they order nothing, a blend gives them weight 0")
    elif test.frame.height > 1 and test.frame["score"].n_unique() == 1:
        raise MelError(
            f"{test.where}: {test.column} is {test.frame['score'][0]} for all "
            f"{test.frame.height} test images; is it the sample submission? give the scores"
        )
    elif scores.n_unique() == 2:
        say(f"{name}: {oof.column} has only two values: decisions; scores would be worth more")
    _weigh_order(oof, table)
    _weigh_drift(oof, test)


def _weigh_order(oof: Given, table: ImageTable) -> None:
    target = table.train["target"].to_numpy()
    if 0 < target.sum() < len(target):
        found = auc(target, oof.frame["score"].to_numpy())
        if found < 0.5:
            say(f"{oof.where}: AUC {found:.3f}: are higher scores for the negatives here?")
        if found == 1:
            say(f"{oof.where}: AUC 1: no honest scores are that good; were they made in-sample?")


def _weigh_drift(oof: Given, test: Given) -> None:
    """Say where the test scores lie elsewhere: they are ranked against the out-of-fold ones."""
    if not test.frame.height:
        return
    place = percentile(test.frame["score"], oof.frame["score"].sort()).mean()
    if abs(place - 0.5) > _DRIFT:
        say(
            f"{test.where}: on the average its scores lie above {100 * place:.0f} % of the "
            "out-of-fold ones; are both of the same model and scale?"
        )
