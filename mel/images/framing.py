"""From an upright picture of any shape to a square: cropped, padded or squashed."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mel.errors import MelError, near
from mel.images.borders import MOST, Box, lit_box
from mel.images.colour import shades_of_grey

__all__ = ["PLAIN", "Framing", "scale", "square", "wanted", "within"]

_Fit = Literal["crop", "pad", "squash"]


@dataclass(frozen=True)
class Framing:
    """What becomes of a picture on its way to a square.

    fit: "crop" keeps the centred square of the shorter side; "pad" keeps everything, centred on
    black; "squash" keeps everything and gives up the proportions. trim_borders: dark rims are
    cut off first, see `mel.images.borders.lit_box`. colour_constancy: the light's colour is
    taken out last, see `mel.images.colour.shades_of_grey`. Raises MelError for another fit.

    >>> Framing(fit="pad")
    Framing(fit='pad', trim_borders=False, colour_constancy=False)
    """

    fit: _Fit = "crop"
    trim_borders: bool = False
    colour_constancy: bool = False

    def __post_init__(self) -> None:
        if self.fit not in get_args(_Fit):
            raise MelError(f"framing: no fit {self.fit!r}; {near(str(self.fit), get_args(_Fit))}")


PLAIN = Framing()


def wanted(width: int, height: int, size: int, framing: Framing) -> tuple[int, int]:
    """Give the least width and height to decode a picture to, so that nothing is enlarged.

    A JPEG may then be decoded at a smaller DCT scale. A crop or a squash to `size` needs both
    sides; a pad only the longer one. Where borders are trimmed, what is left may be half a side.
    """
    least = round(size / (1 - 2 * MOST)) if framing.trim_borders else size
    if framing.fit != "pad":
        return least, least
    longer = max(width, height, 1)
    return max(1, -(-least * width // longer)), max(1, -(-least * height // longer))


def scale(width: int, height: int, least: tuple[int, int]) -> int:
    """Give the part (1, 2, 4 or 8) of its sides to which Pillow decodes a JPEG for `least`.

    >>> scale(6000, 4000, (512, 512)), scale(6000, 4000, (384, 384))
    (4, 8)
    """
    times = min(width // least[0], height // least[1])
    return next((part for part in (8, 4, 2) if part <= times), 1)


def within(image: Image.Image, framing: Framing) -> Box:
    """Give the part of the picture that is used: left, upper, right, lower."""
    if framing.trim_borders:
        return lit_box(image)
    return (0.0, 0.0, float(image.width), float(image.height))


def square(image: Image.Image, box: Box, size: int, framing: Framing) -> NDArray[np.uint8]:
    """Resize the part `box` of an RGB picture to uint8 `(size, size, 3)`.

    Bilinear with antialiasing: each new pixel is the mean of the old ones under a triangle of
    twice its own width (Pillow's BILINEAR).
    """
    small = _resize(image, box, size, framing)
    if framing.colour_constancy:
        small = shades_of_grey(small)
    if small.size != (size, size):
        canvas = Image.new("RGB", (size, size))
        canvas.paste(small, ((size - small.width) // 2, (size - small.height) // 2))
        small = canvas
    return np.asarray(small, dtype=np.uint8)


def _resize(image: Image.Image, box: Box, size: int, framing: Framing) -> Image.Image:
    left, upper, right, lower = box
    width, height = right - left, lower - upper
    target = (size, size)
    if framing.fit == "crop":
        side = min(width, height)
        left, upper = left + (width - side) / 2, upper + (height - side) / 2
        box = (left, upper, left + side, upper + side)
    elif framing.fit == "pad":
        scale = size / max(width, height)
        target = (max(1, round(width * scale)), max(1, round(height * scale)))
    whole: Box = (0.0, 0.0, float(image.width), float(image.height))
    if target == image.size and box == whole:
        return image  # resizing would copy it
    return image.resize(target, Image.Resampling.BILINEAR, box=box)
