"""Settings of scoring: under which views an image is scored, and how these become one score."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mel.config.base import Settings

__all__ = ["TtaSettings"]

Size = Annotated[int, Field(ge=16)]


class TtaSettings(Settings):
    """Test-time augmentation: the same image under several views, averaged.

    The views are every combination of turns, crops and sizes.

    >>> TtaSettings(turns="all", crops=5, crop_share=0.8, sizes=[96]).views
    80
    """

    turns: Literal["none", "flips", "all"] = "none"
    """none: 1 view; flips: 4; all: 8, quarter turns as well."""
    crops: Literal[1, 5] = 1
    """5: the middle and the four corners."""
    crop_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Side of a crop, as a fraction of the image's."""
    sizes: list[Size] = Field(default_factory=list)
    """Sides in pixels, besides the member's own."""
    average: Literal["logit", "probability", "rank"] = "logit"

    @model_validator(mode="after")
    def _all_have_an_effect(self) -> Self:
        if self.crops == 5 and self.crop_share == 1:
            raise ValueError("crops = 5 needs a crop_share below 1: all five would be the image")
        if self.average != "logit" and self.views == 1:
            raise ValueError(f"average {self.average!r} has no effect with one view; remove it")
        if len(set(self.sizes)) < len(self.sizes):
            raise ValueError(f"sizes {self.sizes}: one is given twice; remove it")
        return self

    @property
    def views(self) -> int:
        """How often each image is scored."""
        return {"none": 1, "flips": 4, "all": 8}[self.turns] * self.crops * (1 + len(self.sizes))
