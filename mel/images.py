"""One decoder for training and serving: a file -> an upright RGB square of a wanted size."""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from mel.errors import ImageError

__all__ = ["decode"]

_DEEP = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")  # Pillow would clip these to white


def decode(source: Path | bytes, size: int, name: str | None = None) -> NDArray[np.uint8]:
    """Give an image as uint8 RGB, `(size, size, 3)`: upright, centre-cropped to a square.

    The EXIF orientation is applied; a JPEG is decoded at the smallest DCT scale (1/1 to 1/8) not
    below `size`; the centred square of the shorter side is resized bilinearly with antialiasing.
    An image smaller than `size` is enlarged. Training and serving both call this function, so
    that one file gives the same pixels in both.

    Raises ImageError, opening with the file's name (or `name` for bytes), when the source is
    missing, empty, truncated, no image, of more than 8 bits a channel, or so large that Pillow
    takes it for an attack (twice `PIL.Image.MAX_IMAGE_PIXELS`; it decodes nothing to find out).
    """
    label = name or (str(source) if isinstance(source, Path) else "image")
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
            return _square(image, size)
    except FileNotFoundError:
        raise ImageError(f"{label}: no such image file; check the image folder") from None
    except Exception as error:  # Pillow's plugins raise nearly anything on broken input
        reason = _reason(source, error)
        raise ImageError(f"{label}: cannot be read as an image ({reason})") from error


def _square(image: Image.Image, size: int) -> NDArray[np.uint8]:
    if image.mode in _DEEP:
        raise ValueError(f"mode {image.mode}, more than 8 bits a channel; convert it to 8")
    image.draft("RGB", (size, size))
    upright = ImageOps.exif_transpose(image).convert("RGB")
    side = min(upright.size)
    left, top = (upright.width - side) / 2, (upright.height - side) / 2
    box = (left, top, left + side, top + side)
    square = upright.resize((size, size), Image.Resampling.BILINEAR, box=box)
    return np.asarray(square, dtype=np.uint8)


def _reason(source: Path | bytes, error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    if not (len(source) if isinstance(source, bytes) else source.stat().st_size):
        return "the file is empty"
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    if isinstance(error, OSError) and "identify" in text:
        return "not an image format"
    return text
