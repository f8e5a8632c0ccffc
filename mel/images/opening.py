"""From encoded bytes to an upright RGB picture, at the smallest scale that suffices."""

import io
from collections.abc import Callable

from PIL import Image, ImageOps

from mel.images import dicom

__all__ = ["FORMATS", "refuse_deep", "upright"]

Wanted = Callable[[int, int], tuple[int, int]]

# Pillow's other formats are for printers and icons; some start a program to be read.
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "JPEG2000", "PPM", "TIFF", "WEBP")
_ZEROS = 64  # bytes at the end of a file
_DEEP = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")  # Pillow would clip these to white


def upright(data: bytes, wanted: Wanted) -> Image.Image:
    """Decode a picture to RGB, turned as its EXIF orientation says.

    `wanted` takes the width and height of the whole picture and gives the least that are needed;
    a JPEG is then decoded at the smallest DCT scale (1/1, 1/2, 1/4, 1/8) not below, which leaves
    out most of the inverse transform. Of an animated picture the first frame counts; transparency
    is dropped. Raises nearly anything on broken input, ValueError with a reason on refused input.
    """
    if dicom.is_dicom(data):
        return dicom.picture(data, lambda jpeg: _pillow(jpeg, wanted))
    return _pillow(data, wanted)


def _pillow(data: bytes, wanted: Wanted) -> Image.Image:
    _refuse_hollow(data)
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        refuse_deep(image)
        image.draft("RGB", wanted(*image.size))
        ImageOps.exif_transpose(image, in_place=True)
        return image if image.mode == "RGB" else image.convert("RGB")


def refuse_deep(image: Image.Image) -> None:
    """Raise ValueError for more than 8 bits a channel, of which Pillow would drop some."""
    tiles = getattr(image, "tile", [])
    if image.mode in _DEEP or any(";16" in str(tile[3]) for tile in tiles):
        raise ValueError(f"mode {image.mode}, more than 8 bits a channel; convert it to 8")


def _refuse_hollow(data: bytes) -> None:
    """Raise ValueError for a JPEG that ends in zeros without its end mark.

    A download that reserved its space and was broken off looks so. libjpeg would take the zeros
    for pixels, and the picture would be grey from there on.
    """
    hollow = data[:2] == b"\xff\xd8" and data[-_ZEROS:] == bytes(_ZEROS)
    if hollow and data.find(b"\xff\xd9", len(data) // 2) < 0:
        raise ValueError("a JPEG without an end, zeros follow: it was not fetched whole")
