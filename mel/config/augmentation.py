"""Settings of the random changes to training images."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from mel.config.base import Fraction, Settings

__all__ = ["Augmentation"]

Share = Annotated[float, Field(ge=0, le=1)]
Degrees = Annotated[float, Field(ge=0, le=180)]
_HALF = 0.5


class Augmentation(Settings):
    """Random changes to training images; none is applied to what is scored.

    A share is the probability that an image gets the change at all.

    >>> Augmentation(rotation=30, zoom=0.2).flips  # degrees; a fraction of the side
    True
    """

    flips: bool = True
    """Both flips and the quarter turns: a mole has no upright."""
    rotation: Degrees = 0.0
    """Degrees, drawn from -rotation to rotation."""
    shear: Annotated[float, Field(ge=0, le=45)] = 0.0
    """Degrees, drawn from -shear to shear."""
    zoom: Fraction = 0.0
    """Side of the view, as a fraction of the image, from 1 - zoom to 1."""
    shift: Fraction = 0.0
    """Fraction of the side, in each direction, drawn from -shift to shift."""
    brightness: Fraction = 0.0
    """What is added, as a fraction of full scale."""
    contrast: Fraction = 0.0
    """Factor drawn from 1 - contrast to 1 + contrast."""
    saturation: Fraction = 0.0
    """Factor drawn from 1 - saturation to 1 + saturation."""
    hue: Degrees = 0.0
    """Degrees, drawn from -hue to hue."""
    cutout: Fraction = 0.0
    """Side of a blank square, as a fraction of the image's."""
    cutout_share: Share = _HALF
    """Share of the images with a blank square, where cutout is above 0."""
    hair_share: Share = 0.0
    """Share of the images over which dark hairs are drawn."""
    border_share: Share = 0.0
    """Share of the images with a microscope's round dark rim."""
    mixup: Annotated[float, Field(ge=0)] = 0.0
    """Alpha of the Beta that mixes two images; 0: off."""
    cutmix: Annotated[float, Field(ge=0)] = 0.0
    """Alpha of the Beta of a pasted box; with both, one of two."""

    @model_validator(mode="after")
    def _all_have_an_effect(self) -> Self:
        if not self.cutout and self.cutout_share not in (0, _HALF):
            raise ValueError("cutout_share has no effect without cutout; set cutout, or remove it")
        return self
