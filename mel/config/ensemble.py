"""Settings of the blend."""

from typing import Literal, Self

from pydantic import model_validator

from mel.config.base import Name, Positive, Settings

__all__ = ["EnsembleSettings"]


class EnsembleSettings(Settings):
    """How the members' ranks are blended."""

    name: Name = "blend"
    method: Literal["greedy", "mean"] = "greedy"
    rounds: Positive = 30  # greedy picks, with replacement
    rank_within_test: bool = False  # Kaggle's habit; off, one image alone scores as in a batch

    @model_validator(mode="after")
    def _rounds_have_an_effect(self) -> Self:
        if self.method == "mean" and "rounds" in self.model_fields_set:
            raise ValueError("rounds has no effect with method 'mean'; remove it")
        return self
