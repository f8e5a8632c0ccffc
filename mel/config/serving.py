"""Settings of what a blend's score means: its calibration, and where an alarm begins."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mel.config.base import Rate, Settings

__all__ = ["CalibrationSettings", "OperatingSettings"]

Share = Annotated[float, Field(gt=0, lt=1)]


class CalibrationSettings(Settings):
    """How a blend's score becomes a probability.

    method: "platt" fits a slope and an offset on the score's logit, "temperature" the slope alone
    around the prevalence, "isotonic" a rising curve of steps, which needs many positives.

    >>> CalibrationSettings(prevalence=0.02).method  # where 2 % of the images are positive
    'platt'
    """

    method: Literal["platt", "temperature", "isotonic"] = "platt"
    prevalence: Share | None = None
    """Share of positives where it is used; None: as in training."""


class OperatingSettings(Settings):
    """Where an alarm begins: the user's objective.

    aim: "sensitivity" and "specificity" reach at least `value`; "cost" makes misses and false
    alarms together cheapest, a miss costing as much as `value` false alarms.

    >>> OperatingSettings(aim="cost", value=20.0).value  # a miss costs 20 false alarms
    20.0
    """

    aim: Literal["sensitivity", "specificity", "cost"] = "sensitivity"
    value: Rate = 0.9

    @model_validator(mode="after")
    def _share_or_cost(self) -> Self:
        if self.aim == "cost" and "value" not in self.model_fields_set:
            raise ValueError("aim 'cost' needs a value: how many false alarms a miss costs")
        if self.aim != "cost" and self.value >= 1:
            raise ValueError(f"a {self.aim} of {self.value:g} cannot be promised; give below 1")
        return self
