"""Batches of pixels to change."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

Bytes = NDArray[np.uint8]


@pytest.fixture(scope="session")
def noise() -> Bytes:
    """Six images of 16 pixels, no two pixels alike: nothing that moves goes unseen."""
    return np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3)).astype(np.uint8)


@pytest.fixture(scope="session")
def smooth() -> Bytes:
    """Four smooth images of 64 pixels, away from black and white."""
    coarse = np.random.default_rng(1).integers(60, 190, (4, 8, 8, 3)).astype(np.uint8)
    kind = Image.Resampling.BICUBIC
    return np.stack([np.asarray(Image.fromarray(c).resize((64, 64), kind)) for c in coarse])
