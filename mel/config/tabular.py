"""Settings of the stack."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from mel.config.base import Name, Positive, Rate, Seed, Settings

__all__ = ["TabularSettings"]


class TabularSettings(Settings):
    """The LightGBM stack over metadata and the members' out-of-fold scores."""

    name: Name = "lightgbm"
    metadata: list[Literal["age", "sex", "site"]] = Field(default=["age", "sex", "site"])
    rounds: Positive = 200  # fixed: no early stopping on a fold that is scored
    learning_rate: Rate = 0.05
    num_leaves: Annotated[int, Field(ge=2)] = 7
    min_data_in_leaf: Positive = 50
    lambda_l2: Annotated[float, Field(ge=0)] = 10.0
    feature_fraction: Annotated[float, Field(gt=0, le=1)] = 1.0
    seed: Seed = 0

    @field_validator("metadata")
    @classmethod
    def _once_each(cls, value: list[str]) -> list[str]:
        for name in value:
            if value.count(name) > 1:
                raise ValueError(f"{name} is given {value.count(name)} times; give it once")
        return value
