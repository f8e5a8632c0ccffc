"""Colour constancy: the colour of the light taken out of a picture."""

import numpy as np
from PIL import Image

__all__ = ["POWER", "shades_of_grey"]

POWER = 6


def shades_of_grey(image: Image.Image) -> Image.Image:
    """Give an RGB picture as it would be under white light, by shades of gray.

    The light's colour is estimated as e_c = mean(I_c^6)^(1/6) over each channel c (Finlayson and
    Trezzi, "Shades of gray and colour constancy", 2004, with their p = 6), and the channels are
    divided by it at the same strength: I_c / (sqrt(3) e_c / |e|), rounded and held in 0..255.
    The sums run over a histogram in float64, so the result is the same on every machine. A
    picture with an empty channel is given back as it is.

    >>> bluish = Image.new("RGB", (8, 8), (100, 100, 160))
    >>> shades_of_grey(bluish).getpixel((0, 0))
    (123, 123, 123)
    """
    counts = np.array(image.histogram(), dtype=np.float64).reshape(3, 256)
    levels = np.arange(256, dtype=np.float64)
    light = (counts @ levels**POWER / counts.sum(axis=1)) ** (1 / POWER)
    if not light.all():
        return image
    gains = np.linalg.norm(light) / (np.sqrt(3) * light)
    table = np.rint(np.outer(gains, levels)).clip(0, 255).astype(np.uint8)
    return image.point(table.ravel().tolist())
