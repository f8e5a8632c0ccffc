"""Settings of the networks: one member, and what members share."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from mel.config.base import Fraction, Positive, Rate, Seed, Settings

__all__ = ["Augmentation", "CnnSettings", "MemberSettings"]


class Augmentation(Settings):
    """Random changes to training images; none is applied to what is scored."""

    flips: bool = True  # both flips and the quarter turns: a mole has no upright
    zoom: Fraction = 0.0  # crop side, as a fraction of the image, drawn from 1 - zoom to 1
    brightness: Fraction = 0.0  # added, as a fraction of full scale
    contrast: Fraction = 0.0  # factor drawn from 1 - contrast to 1 + contrast
    saturation: Fraction = 0.0  # factor drawn from 1 - saturation to 1 + saturation


class CnnSettings(Settings):
    """How a network is trained; shared by the members of a recipe."""

    epochs: Positive = 10
    batch_size: Positive = 32
    learning_rate: Rate = 1e-3  # the peak, after the warm-up; a cosine takes it to zero
    warmup_epochs: Annotated[float, Field(ge=0)] = 1.0
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    label_smoothing: Fraction = 0.0
    dropout: Fraction = 0.2
    positive_share: Fraction = 0.0  # of each epoch's draws; 0 keeps the data's own share
    weights: str = "none"  # none, imagenet, or a preset folder
    seed: Seed = 0
    augmentation: Augmentation = Augmentation()

    @model_validator(mode="after")
    def _warm_up_ends(self) -> Self:
        if self.warmup_epochs > self.epochs:
            raise ValueError(
                f"warmup_epochs {self.warmup_epochs:g} is above epochs {self.epochs}: the peak "
                "would never be reached; lower it"
            )
        return self


class MemberSettings(CnnSettings):
    """One network: a backbone at an image size, and how it is trained."""

    backbone: str
    size: Annotated[int, Field(ge=16)]  # pixels, square

    @property
    def name(self) -> str:
        """What the member is called everywhere: backbone-size."""
        return f"{self.backbone}-{self.size}"
