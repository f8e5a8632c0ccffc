"""The members' scores joined by image_id to targets, patients and folds, or a refusal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.ensemble.ranks import Floats
from mel.errors import MelError, many
from mel.predictions import Predictions, oof_matrix, test_matrix
from mel.tables import Folds, ImageTable

__all__ = ["Rows", "oof_rows", "test_frame"]


@dataclass(frozen=True)
class Rows:
    """The out-of-fold side, sorted by image_id.

    `scores` is members x images; `trains`, folds x images, tells which rows may choose weights
    and references for a fold. `students` names, for a member, another that learned from it.
    """

    ids: list[str]
    names: tuple[str, ...]
    scores: Floats
    target: Floats
    patient: list[str]
    fold: Floats
    trains: NDArray[np.bool_]
    students: Mapping[str, str] = field(default_factory=dict)

    @property
    def references(self) -> list[Floats]:
        """Each member's sorted scores."""
        return list(np.sort(self.scores, axis=1))


def oof_rows(table: ImageTable, folds: Folds, oof: Sequence[Predictions]) -> Rows:
    """Join members' out-of-fold scores with target, patient and fold, by image_id.

    Raises MelError for folds of another table, whatever `mel.predictions.oof_matrix` refuses,
    and a fold without positives or without negatives, whose AUC does not exist.
    """
    folds.matches(table)
    truth = table.train.select("image_id", "target", "patient_id")
    wide = oof_matrix(oof, folds).join(truth, on="image_id", how="left", validate="1:1")
    wide = wide.sort("image_id")
    _check_classes(wide, folds)
    names = tuple(member.name for member in oof)
    return Rows(
        ids=wide["image_id"].to_list(),
        names=names,
        scores=np.array([wide[name].to_numpy() for name in names]),
        target=wide["target"].cast(pl.Float64).to_numpy(),
        patient=wide["patient_id"].to_list(),
        fold=wide["fold"].cast(pl.Float64).to_numpy(),
        trains=folds.may_train(wide["image_id"]),
        students=_students(oof),
    )


def _students(oof: Sequence[Predictions]) -> dict[str, str]:
    """Read from what each was made of which member learned from which."""
    names = [member.name for member in oof]
    return {
        teacher: student.name
        for student in oof
        for teacher in names
        if f"{teacher}/oof" in student.inputs
    }


def _check_classes(wide: pl.DataFrame, folds: Folds) -> None:
    counts = wide.group_by("fold").agg(pl.len(), pl.col("target").sum()).sort("fold")
    for fold, images, positives in counts.iter_rows():
        if positives in (0, images):
            raise MelError(
                f"folds {folds.digest}: fold {fold} holds {positives} positives in {images} "
                "images, and an AUC needs both classes; build fewer folds"
            )


def test_frame(
    table: ImageTable, folds: Folds, names: Sequence[str], test: Sequence[Predictions]
) -> pl.DataFrame:
    """Join the same members' test scores: image_id, then a column a member.

    Raises MelError, naming the member, when it is missing on one of the two sides, was made on
    other folds, or scores other images than the table's test images.
    """
    given = {member.name for member in test}
    if given != set(names):
        odd = min(given ^ set(names))
        lack = "test" if odd in names else "out-of-fold"
        raise MelError(f"{odd}: has no {lack} scores; give both of every member, or neither")
    for member in test:
        if member.basis != folds.digest:
            raise MelError(
                f"{member.name}: its test scores were made on folds {member.folds}, these are "
                f"{folds.digest}; train it again on these folds"
            )
    wide = test_matrix(test)
    if odd_ids := set(wide["image_id"]) ^ set(table.test["image_id"]):
        raise MelError(
            f"{test[0].name}: test image {min(odd_ids)!r} is only in one of its scores and table "
            f"{table.digest} ({many(len(odd_ids), 'such image')}); predict again"
        )
    return wide


test_frame.__test__ = False  # type: ignore[attr-defined]  # pytest: not a test
