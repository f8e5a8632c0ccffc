"""Settings of the folds."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mel.config.base import Seed, Settings

__all__ = ["FoldsSettings"]

Column = Annotated[str, Field(min_length=1)]


class FoldsSettings(Settings):
    """How many folds, how they are made, and the seed of their making.

    >>> FoldsSettings().n_folds, FoldsSettings(scheme="held-out", held_out="source").held_out
    (5, 'source')
    """

    n_folds: Annotated[int, Field(ge=2)] = 5
    seed: Seed = 0
    balance: list[Column] = Field(default_factory=list)
    """Further columns to spread evenly."""
    scheme: Literal["groups", "held-out"] = "groups"
    held_out: Column | None = None
    """held-out: the column each of whose values is a fold."""
    map: Column | None = None
    """A fold map made elsewhere, CSV or Parquet, instead of a new one."""

    @model_validator(mode="after")
    def _held_out_has_a_column(self) -> Self:
        if (self.scheme == "held-out") != (self.held_out is not None):
            raise ValueError(
                "scheme 'held-out' and held_out = 'COLUMN' go together; give both or neither"
            )
        return self

    @model_validator(mode="after")
    def _all_have_an_effect(self) -> Self:
        """Refuse what a foreign map or the held-out scheme would pass over in silence."""
        given = self.model_fields_set
        reason, idle = "", set()
        if self.map is not None:
            reason, idle = "with map, which is taken as it is", given - {"map"}
        elif self.scheme == "held-out":
            reason, idle = "with scheme 'held-out'", given & {"n_folds", "seed", "balance"}
        if idle:
            raise ValueError(f"{min(idle)} has no effect {reason}; remove it")
        return self
