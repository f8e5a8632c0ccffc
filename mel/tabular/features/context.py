"""A lesion among its patient's others: scores relative to the patient, the "ugly duckling".

A patient's images are all in one fold, or barred from training each other's (`Folds.matches`
refuses all else), and each was scored by a network that saw none of them. So a train image's
context holds scores of networks that know none of this patient's targets, as a new patient's does;
and it holds no target at all. The level-2 model that scores a fold was fitted on no row of its
patients. Train and test share no patient, so neither enters the other's context. Foreign members
keep this promise for their own folds only: `mel ensemble import` counts where they break it.
"""

from typing import ClassVar, Literal, get_args

import numpy as np

from mel.tabular.features.rows import Patients, Rows
from mel.tabular.features.stored import Feature, Floats, Norms

__all__ = ["STATISTICS", "Context", "Statistic", "context_of"]

Statistic = Literal[
    "above others' mean",
    "ugly duckling",
    "rank in patient",
    "lesions above",
    "highest",
    "highest of others",
    "above highest of others",
    "mean of others",
    "spread",
]
STATISTICS: tuple[Statistic, ...] = get_args(Statistic)
_ROUNDING = 1e-12  # of a sum of squares: what is less, of lesions all alike, is none
_SOFT = 0.3  # normal scores: keeps two alike lesions from making a third infinitely strange


class Context(Feature):
    """One statistic of a lesion's score among its patient's: of one member, or of their mean.

    NaN where the patient has no other image, or for the ugly duckling no two others.
    """

    unit: ClassVar[str] = "standard deviations of a bell curve; ranks 0 to 1; ln(1 + lesions)"
    leak: ClassVar[str] = (
        "scores of the patient's images, all of one fold, by networks that saw none of them; "
        "train and test apart; no target"
    )
    kind: Literal["context"] = "context"
    name: str | None  # None: the members' mean
    statistic: Statistic

    @property
    def title(self) -> str:
        """The member, and the statistic."""
        return f"{self.name or 'members'} in patient: {self.statistic}"

    @property
    def reads(self) -> tuple[str, ...]:
        """The patient."""
        return ("patient_id",)

    def column(self, rows: Rows, norms: Norms) -> Floats:  # noqa: ARG002
        """Give the statistic of each image."""
        found = rows.once(
            f"context of {self.name!r}",
            lambda: context_of(rows.channel(self.name), rows.patients),
        )
        return found[self.statistic]


def context_of(values: Floats, patients: Patients) -> dict[str, Floats]:
    """Give every statistic of one score within the patients, a value a row.

    "ugly duckling" is the distance to the mean of the patient's other lesions in their own
    standard deviations, with 0.3 added to these: after Gachon et al., Arch Dermatol 2005.

    >>> patients = Patients(np.zeros(3, int), np.array([3]))
    >>> found = context_of(np.array([0.0, 1.0, 5.0]), patients)
    >>> found["above others' mean"].tolist()
    [-3.0, -1.5, 4.5]
    >>> found["above highest of others"].tolist()
    [-5.0, -4.0, 4.0]
    """
    count = patients.images
    mean = patients.total(values) / count
    away = values - mean
    several = np.where(count > 1, count, np.nan)
    others = mean - away / (several - 1)
    squares = patients.total(away**2)
    left = squares - away**2 * several / (several - 1)
    left = np.where(left > _ROUNDING * squares, left, np.minimum(left, 0) * 0)
    deviation = np.sqrt(left / np.where(count > 2, count - 1, np.nan))
    below, highest, second = _places(values, patients)
    rival = np.where(values < highest, highest, np.where(count > 1, second, np.nan))
    return {
        "above others' mean": values - others,
        "ugly duckling": (values - others) / (deviation + _SOFT),
        "rank in patient": (below + 0.5) / count,
        "lesions above": np.log1p(count - 1 - below),
        "highest": highest,
        "highest of others": rival,
        "above highest of others": values - rival,
        "mean of others": others,
        "spread": np.sqrt(squares / count),
    }


def _places(values: Floats, patients: Patients) -> tuple[Floats, Floats, Floats]:
    """Give how many of the patient's are below (ties count half), the highest and the second."""
    if not len(values):
        return values, values, values
    order = np.lexsort((values, patients.group))
    ranked, group = values[order], patients.group[order]
    starts = np.r_[0, np.cumsum(patients.size)[:-1]]
    new = np.r_[True, (group[1:] != group[:-1]) | (ranked[1:] != ranked[:-1])]
    first = np.flatnonzero(new)
    middle = (first + np.r_[first[1:], len(values)] - 1) / 2
    below = np.empty(len(values))
    below[order] = middle[np.cumsum(new) - 1] - starts[group]
    last = starts + patients.size - 1
    second = ranked[np.maximum(last - 1, starts)]
    return below, ranked[last][patients.group], second[patients.group]
