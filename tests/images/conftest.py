"""Encoded pictures of one mole, which the tests of every format share."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="session")
def mole() -> Image.Image:
    """A smooth picture of 90 x 60 pixels, dark in the middle."""
    x, y = np.meshgrid(np.linspace(-1.5, 1.5, 90), np.linspace(-1, 1, 60))
    dark = np.exp(-3 * (x**2 + y**2))
    planes = [215 - 120 * dark, 160 - 110 * dark, 140 - 100 * dark + 20 * x]
    return Image.fromarray(np.stack(planes, axis=-1).clip(0, 255).astype(np.uint8))


@pytest.fixture(scope="session")
def encoded(mole: Image.Image) -> Callable[..., bytes]:
    """Encode the mole: `encoded("JPEG", quality=90)`."""

    def encode(kind: str, **options: object) -> bytes:
        buffer = io.BytesIO()
        mole.save(buffer, kind, **options)
        return buffer.getvalue()

    return encode
