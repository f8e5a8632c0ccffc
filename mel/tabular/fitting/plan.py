"""The training rows, and which of them may fit what."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mel.config import TabularSettings
from mel.errors import MelError
from mel.tabular.features import FeatureList, Floats, Rows

__all__ = ["Mask", "Plan"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Plan:
    """The training rows of one variant, sorted by image_id: features, targets and folds.

    `trains` tells of each fold and row whether it may train for that fold (`Folds.may_train`).
    """

    features: FeatureList
    rows: Rows
    target: Floats
    fold: NDArray[np.int16]
    trains: Mask
    settings: TabularSettings

    @property
    def folds(self) -> range:
        """The folds' numbers."""
        return range(len(self.trains))

    def free_of(self, *folds: int) -> Mask:
        """Tell which rows may train what scores all of these folds.

        Raises MelError when a class is missing among them.
        """
        found: Mask = np.all([self.trains[fold] for fold in folds], axis=0)
        targets = self.target[found]
        if not (targets == 1).any() or not (targets == 0).any():
            names = ", ".join(str(fold) for fold in folds)
            raise MelError(
                f"stack: the {found.sum()} images that may train for fold {names} have one class "
                "only; make fewer folds, or balance them: mel folds build"
            )
        return found

    def inner(self, *folds: int) -> Iterator[tuple[Mask, Mask]]:
        """Give the folds inside what is free of `folds`: rows to fit on, and rows held out."""
        outer = self.free_of(*folds)
        for other in self.folds:
            if other not in folds and (held := outer & (self.fold == other)).any():
                yield self.free_of(*folds, other), held

    def with_settings(self, update: dict[str, Any]) -> "Plan":
        """Give the plan with some settings changed."""
        settings = self.settings.model_copy(update=update)
        return Plan(self.features, self.rows, self.target, self.fold, self.trains, settings)
