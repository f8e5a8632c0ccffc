"""Members' scores joined by image_id, and what may not be joined."""

from collections.abc import Sequence

import polars as pl

from mel.errors import MelError, many
from mel.predictions.scores import SCHEMA, Predictions
from mel.tables import Folds

__all__ = ["oof_matrix", "test_matrix"]


def oof_matrix(members: Sequence[Predictions], folds: Folds) -> pl.DataFrame:
    """Join members' out-of-fold scores by image_id: image_id, fold, then a column a member.

    A row a train image, sorted by image_id; scores are on each member's own scale, float64.

    Raises MelError, naming the member, for scores that are not out-of-fold, that were made on
    other folds and not let in (`Predictions.admit`), that miss an image or hold a strange one,
    and for a name given twice.

    >>> folds = Folds.read("work/demo/folds.parquet")
    >>> places = ["work/demo/cnn/efficientnetv2_micro-32", "work/demo/tabular/lightgbm"]
    >>> wide = oof_matrix([Predictions.read(f"{place}/oof.parquet") for place in places], folds)
    >>> wide.shape, wide.columns
    ((84, 4), ['image_id', 'fold', 'efficientnetv2_micro-32', 'lightgbm'])
    """
    _check_names(members)
    wide = folds.frame
    for member in members:
        _check_oof(member, folds)
        scores = member.frame.select("image_id", pl.col("score").alias(member.name))
        wide = wide.join(scores, on="image_id", how="left", validate="1:1")
    return wide.sort("image_id")


def test_matrix(members: Sequence[Predictions]) -> pl.DataFrame:
    """Join members' test scores by image_id: image_id, then a column a member.

    A row a test image, sorted by image_id; scores are on each member's own scale, float64.

    Raises MelError when a member's scores are not test scores, or were made on other folds or
    hold other images than the first member's.

    >>> places = ["work/demo/cnn/efficientnetv2_micro-32", "work/demo/tabular/lightgbm"]
    >>> wide = test_matrix([Predictions.read(f"{place}/test.parquet") for place in places])
    >>> wide.shape, wide.columns
    ((36, 3), ['image_id', 'efficientnetv2_micro-32', 'lightgbm'])
    """
    _check_names(members)
    wide = members[0].frame.select("image_id")
    for member in members:
        if member.kind != "test":
            raise MelError(f"{member.name}: scores are {member.kind}, not of the test images")
        if member.basis != members[0].basis:
            raise MelError(
                f"{member.name}: was made on folds {member.folds}, {members[0].name} on "
                f"{members[0].folds}; train both on the same folds"
            )
        odd = set(wide["image_id"]) ^ set(member.frame["image_id"])
        if odd:
            raise MelError(
                f"{member.name}: and {members[0].name} score different test images "
                f"(image {min(odd)!r}, {len(odd)} such); predict again"
            )
        scores = member.frame.select("image_id", pl.col("score").alias(member.name))
        wide = wide.join(scores, on="image_id", how="left", validate="1:1")
    return wide.sort("image_id")


test_matrix.__test__ = False  # type: ignore[attr-defined]  # pytest: not a test


def _check_oof(member: Predictions, folds: Folds) -> None:
    if member.kind != "oof":
        raise MelError(
            f"{member.name}: scores are {member.kind}, not out-of-fold; nothing may learn from them"
        )
    if member.basis != folds.digest:
        raise MelError(
            f"{member.name}: was made on folds {member.folds}, these are {folds.digest}; "
            f"{_way(member)}"
        )
    known, mine = set(folds.frame["image_id"]), set(member.frame["image_id"])
    if known != mine:
        odd = min(known ^ mine)
        lack = "has no score" if odd in known else "is in no fold"
        raise MelError(
            f"{member.name}: image {odd!r} {lack} ({many(len(known ^ mine), 'such image')})"
        )
    native = member.folds == folds.digest
    if native and not member.frame.select("image_id", "fold").equals(folds.frame):
        raise MelError(
            f"{member.name}: its fold column disagrees with folds {folds.digest}: "
            "some scores are in-sample; train it again on these folds"
        )


def _way(member: Predictions) -> str:
    if member.name not in member.foreign:
        return "train it again on these folds"
    return "foreign scores need to be let in: foreign = true in the recipe, or admit(folds)"


def _check_names(members: Sequence[Predictions]) -> None:
    names = [member.name for member in members]
    if not names:
        raise MelError("no members given; name at least one trained member")
    for name in names:
        if name in SCHEMA:
            raise MelError(f"{name}: is a column's name; call the member something else")
        if names.count(name) > 1:
            raise MelError(f"{name}: given {names.count(name)} times; name each member once")
