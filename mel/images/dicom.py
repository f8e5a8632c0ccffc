"""DICOM pictures: their pixels as 8-bit RGB, by the rules of the DICOM standard, part 3."""

import io
import warnings
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mel.images.extras import need

__all__ = ["MAGIC_END", "header", "is_dicom", "picture"]

Floats = NDArray[np.float64]

MAGIC_END = 132  # a DICOM file begins with 128 bytes of anything and "DICM"
_JPEG = "1.2.840.10008.1.2.4.50"  # the transfer syntax of 8-bit baseline JPEG
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT")
_GREYS = ("MONOCHROME1", "MONOCHROME2")
_TABLES = ("ModalityLUTSequence", "VOILUTSequence")


def is_dicom(data: bytes) -> bool:
    """Say whether a file that begins with these bytes is DICOM."""
    return data[MAGIC_END - 4 : MAGIC_END] == b"DICM"


def header(file: BinaryIO) -> tuple[int, int, str]:
    """Give width, height and mode ("RGB" or "L") of an open DICOM file, without its pixels."""
    found = _dataset(file, stop_before_pixels=True)
    return (*_shape(found), "RGB" if found.get("SamplesPerPixel") == 3 else "L")


def picture(data: bytes, jpeg: Callable[[bytes], Image.Image]) -> Image.Image:
    """Give the picture of a DICOM file as RGB; of several frames the first.

    8-bit baseline JPEG in colour, the usual one in dermatology, goes through `jpeg`, so that a
    picture gives the same pixels in its DICOM as alone. Everything else is decoded by pydicom,
    YBR becomes RGB, and a grey one goes through `shown`. Raises ValueError with the reason for a
    DICOM without pixels, of another colour model, with a lookup table or too large; MelError
    when pydicom is missing.
    """
    if _DEFLATED in data[:4096]:
        raise ValueError("a deflated DICOM, whose size cannot be known before; write it plain")
    found = _dataset(io.BytesIO(data), stop_before_pixels=False)
    if not found.get("PixelData"):
        raise ValueError("a DICOM without pixels; give the one with the picture")
    width, height = _shape(found)
    colours = str(found.get("PhotometricInterpretation", "missing"))
    if colours not in (*_COLOURS, *_GREYS):
        raise ValueError(f"a DICOM of PhotometricInterpretation {colours}; convert it to RGB")
    limit = 2 * (Image.MAX_IMAGE_PIXELS or 2**30)
    if width * height > limit:
        raise ValueError(f"a DICOM of {width} x {height} pixels exceeds limit of {limit}")
    if found.file_meta.get("TransferSyntaxUID") == _JPEG and colours in ("YBR_FULL", _COLOURS[2]):
        return jpeg(_first_frame(found))
    pixels = _decompressed(found)
    if colours in _GREYS:
        return Image.fromarray(shown(pixels, found)).convert("RGB")
    return Image.fromarray(_eight_bits(pixels, int(found.BitsStored)))


def _dataset(file: BinaryIO, *, stop_before_pixels: bool) -> Any:
    pydicom = need("pydicom", "dicom", "a DICOM file")
    warnings.filterwarnings("ignore", category=UserWarning, module=r"pydicom\.")
    return pydicom.dcmread(file, stop_before_pixels=stop_before_pixels)


def _shape(found: Any) -> tuple[int, int]:
    width, height = found.get("Columns"), found.get("Rows")
    if not width or not height:
        raise ValueError("a DICOM without pixels: Rows and Columns are missing")
    return int(width), int(height)


def _first_frame(found: Any) -> bytes:
    encaps = need("pydicom.encaps", "dicom", "a DICOM file")
    frames = int(found.get("NumberOfFrames") or 1)
    return bytes(next(encaps.generate_frames(found.PixelData, number_of_frames=frames)))


def _decompressed(found: Any) -> NDArray[Any]:
    try:
        pixels = need("pydicom.pixels", "dicom", "a DICOM file").pixel_array(found, index=0)
    except (RuntimeError, NotImplementedError) as error:
        if "missing dependencies" not in str(error):
            raise
        kind = found.file_meta.TransferSyntaxUID.name
        raise ValueError(f"compressed as {kind}: pip install 'pylibjpeg[all]'") from error
    return np.asarray(pixels)


def _eight_bits(pixels: NDArray[Any], stored: int) -> NDArray[np.uint8]:
    """Keep 8 bits as they are, and scale others from the whole range of the stored bits."""
    if pixels.dtype == np.uint8 and stored == 8:
        return pixels
    return _levels(pixels.astype(np.float64) / (2**stored - 1))


def shown(pixels: NDArray[Any], found: Any) -> NDArray[np.uint8]:
    """Give a grey DICOM's stored values as uint8, the way a viewer shows them.

    Values are x = stored RescaleSlope + RescaleIntercept. With a window of centre c and width w,
    the grey is (x - (c - 0.5)) / (w - 1) + 0.5 (LINEAR), (x - c) / w + 0.5 (LINEAR_EXACT) or
    1 / (1 + exp(-4 (x - c) / w)) (SIGMOID), held in 0..1 (part 3, C.11.2.1); without one it runs
    over the whole range that the stored bits have. MONOCHROME1 is turned: there 0 is white.
    """
    for table in _TABLES:
        if table in found:
            raise ValueError(f"a DICOM with a {table}; convert it to PNG")
    slope = float(found.get("RescaleSlope", 1))
    intercept = float(found.get("RescaleIntercept", 0))
    values = pixels.astype(np.float64) * slope + intercept
    centre, width = _first(found, "WindowCenter"), _first(found, "WindowWidth")
    if centre is None or width is None:
        stored, signed = int(found.BitsStored), int(found.get("PixelRepresentation", 0))
        lowest = -(2 ** (stored - 1)) if signed else 0
        ends = sorted(v * slope + intercept for v in (lowest, lowest + 2**stored - 1))
        grey = (values - ends[0]) / (ends[1] - ends[0])
    else:
        grey = _windowed(values, centre, width, str(found.get("VOILUTFunction", "LINEAR")))
    return _levels(1 - grey if found.PhotometricInterpretation == "MONOCHROME1" else grey)


def _windowed(values: Floats, centre: float, width: float, function: str) -> Floats:
    grey: Floats
    if function == "LINEAR" and width >= 1:
        grey = (values - (centre - 0.5)) / max(width - 1, 1e-9) + 0.5
    elif function == "LINEAR_EXACT" and width > 0:
        grey = (values - centre) / width + 0.5
    elif function == "SIGMOID" and width > 0:
        grey = 1 / (1 + np.exp((-4 * (values - centre) / width).clip(-700, 700)))
    else:
        raise ValueError(f"a DICOM with a window {function} of width {width}; convert it to PNG")
    return grey


def _first(found: Any, name: str) -> float | None:
    value = found.get(name)
    if value is None or value == "":
        return None
    return float(value if isinstance(value, str | int | float) else value[0])


def _levels(grey: Floats) -> NDArray[np.uint8]:
    found: NDArray[np.uint8] = np.rint(grey.clip(0, 1) * 255).astype(np.uint8)
    return found
