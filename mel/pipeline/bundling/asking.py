"""Wanted: what somebody asks of a bundle."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mel.errors import MelError

__all__ = ["WEIGHTS", "Wanted", "Weights"]

Weights = Literal["float32", "float16", "int8"]
WEIGHTS: tuple[Weights, ...] = ("float32", "float16", "int8")


@dataclass(frozen=True)
class Wanted:
    """What is asked of a bundle.

    blend: its name, None for the recipe's. folds: those whose networks it holds, None for all.
    weights: how the graphs keep their numbers. average: the folds' weights are averaged into one
    network a member. examples: a folder of pictures to show. measured: images on which a smaller
    bundle and bfloat16 are compared with the whole one. tolerance: by how much a probability may
    differ from the one in the work folder.

    Raises MelError for weights that are none of `WEIGHTS`, folds that are none or named twice, and
    numbers that are not above 0.

    >>> Wanted().whole, Wanted(weights="int8").whole
    (True, False)
    """

    blend: str | None = None
    folds: tuple[int, ...] | None = None
    weights: Weights = "float32"
    average: bool = False
    examples: Path | None = None
    measured: int = 512
    tolerance: float = 1e-4

    def __post_init__(self) -> None:
        if self.weights not in WEIGHTS:
            raise MelError(f"weights {self.weights!r}; known: {', '.join(WEIGHTS)}")
        if self.folds is not None and (not self.folds or len(set(self.folds)) < len(self.folds)):
            raise MelError(f"folds {list(self.folds)}; name at least one, each once")
        if not self.tolerance > 0 or self.measured < 0:
            raise MelError("tolerance and measured: give numbers above 0")

    @property
    def whole(self) -> bool:
        """Whether the bundle is the ensemble as it was trained, none of it left out or rounded."""
        return self.folds is None and self.weights == "float32" and not self.average

    def chosen(self, n_folds: int) -> tuple[int, ...]:
        """Give the folds, in their order; MelError for one that does not exist."""
        if self.folds is None:
            return tuple(range(n_folds))
        for fold in self.folds:
            if not 0 <= fold < n_folds:
                raise MelError(f"fold {fold}: the folds are 0 to {n_folds - 1}")
        return tuple(sorted(self.folds))

    @property
    def said(self) -> str:
        """Say in words what was left out or rounded.

        >>> Wanted(folds=(0, 1), weights="int8").said
        'networks of fold 0, 1, weights in int8'
        """
        numbers = ", ".join(map(str, sorted(self.folds or ())))
        parts = [f"networks of fold {numbers}"] * bool(self.folds)
        parts += ["folds averaged into one network"] * self.average
        parts += [f"weights in {self.weights}"] * (self.weights != "float32")
        return ", ".join(parts) or "all folds, float32"
