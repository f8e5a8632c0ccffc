"""Requests that no fold map could satisfy, each refused with its reason."""

import polars as pl

from mel.checks import AXES
from mel.errors import MelError

__all__ = ["require_groups", "require_spread"]

_MOST = 0.5  # of the positives in one group; of the fair share 1.5 times, if that is more
_FAIR = 1.5


def require_groups(train: pl.DataFrame, n_folds: int, where: str, what: str = "folds") -> None:
    """Refuse more folds (or what else) than there are groups with a positive, or with a negative.

    train: target and group of each train image. With as many groups of both kinds as folds, each
    fold can have both classes. Raises MelError.
    """
    counts = {
        "groups with a positive": train.filter(pl.col("target") == 1)["group"].n_unique(),
        "groups with a negative": train.filter(pl.col("target") == 0)["group"].n_unique(),
    }
    if train["group"].n_unique() < n_folds:
        counts = {"groups of linked images": train["group"].n_unique()} | counts
    most = min(counts.values())
    way = f"ask for at most {most}" if most > 1 else f"no {what} can be made, add images"
    for kind, count in counts.items():
        if count < n_folds:
            raise MelError(
                f"{where}: {n_folds} {what} need {n_folds} {kind}, there are {count}; {way}"
            )


def require_spread(train: pl.DataFrame, n_folds: int, where: str) -> None:
    """Refuse a group that holds most of the positives, which no folds can share evenly then.

    Most is more than half, and more than one and a half times a fold's fair share (three quarters,
    for two folds). The fold that scores such a group trains on the lesser part of the positives,
    and its AUC would be that group's. Raises MelError that names the group.

    train: image_id, patient_id, target and group of each train image.
    """
    positive = train.filter(pl.col("target") == 1)
    sizes = positive.group_by("group").len().sort(["len", "group"], descending=[True, False])
    name, held = sizes.row(0)
    total = positive.height
    if held <= max(_MOST, _FAIR / n_folds) * total:
        return
    patients = train.filter(pl.col("group") == name)["patient_id"].unique().sort()
    more = f" and {patients.len() - 1} more" if patients.len() > 1 else ""
    links = [column for column in AXES.values() if column in train.columns]
    raise MelError(
        f"{where}: the group of image {name!r} (patient {patients[0]!r}{more}) holds {held} of "
        f"{total} positives, so that {n_folds} folds cannot share them; check its "
        f"{', '.join(links)}, or leave some of its images out"
    )
