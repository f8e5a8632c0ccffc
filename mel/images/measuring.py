"""What a picture's header tells, without decoding a pixel."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from PIL import ExifTags, Image

from mel.errors import ImageError, MelError
from mel.images import dicom
from mel.images.decoding import reason
from mel.images.opening import FORMATS
from mel.images.references import CONTAINERS, fetch, split

__all__ = ["Measure", "measure"]

_TURNED = (5, 6, 7, 8)  # EXIF orientations that swap width and height


@dataclass(frozen=True)
class Measure:
    """The properties of an encoded picture.

    width, height: pixels of the whole picture, upright. format: "JPEG", "PNG", "DICOM" or another
    name of Pillow's. mode: Pillow's name of the channels, such as "RGB" or "L". bytes: of the
    encoded picture. orientation: EXIF's, 1 when upright as stored. exif: how many EXIF tags there
    are. camera: maker and model, where EXIF has them. coarseness: of a JPEG the mean of its
    luminance quantisation table (about 1 for quality 100, 58 for 50), otherwise None.

    >>> from mel.tables import ImageTable
    >>> found = measure(ImageTable.read("work/demo/images.parquet").test["path"][0])
    >>> found.width, found.height, found.format, found.mode
    (160, 120, 'JPEG', 'RGB')
    """

    width: int
    height: int
    format: str
    mode: str
    bytes: int
    orientation: int = 1
    exif: int = 0
    camera: str | None = None
    coarseness: float | None = None


def measure(source: Path | str | bytes, name: str | None = None) -> Measure:
    """Read a picture's header: size, format, mode, bytes and what EXIF says.

    Takes a reference (see `mel.images`) or encoded bytes. That the pixels can be decoded is not
    looked at. Raises ImageError, opening with the reference (or `name`), when there is no image.

    >>> file = io.BytesIO()
    >>> Image.new("RGB", (40, 30)).save(file, "PNG")
    >>> measured = measure(file.getvalue())
    >>> measured.width, measured.height, measured.format
    (40, 30, 'PNG')
    """
    label = name or ("image" if isinstance(source, bytes) else str(source))
    try:
        with _opened(source, name) as file:
            size = file.seek(0, io.SEEK_END)
            file.seek(0)
            if not size:
                raise ValueError("the file is empty")
            head = file.read(dicom.MAGIC_END)
            file.seek(0)
            return _dicom(file, size) if dicom.is_dicom(head) else _picture(file, size)
    except MelError:
        raise
    except Exception as error:  # Pillow's plugins raise nearly anything on broken input
        raise ImageError(f"{label}: cannot be read as an image ({reason(error)})") from error


def _opened(source: Path | str | bytes, name: str | None) -> BinaryIO:
    """Open a plain file without reading it; only its header will be."""
    if isinstance(source, bytes):
        return io.BytesIO(source)
    path, key = split(source)
    if key is not None or path.suffix.lower() in CONTAINERS or not path.is_file():
        return io.BytesIO(fetch(source, name))
    return path.open("rb")


def _dicom(file: BinaryIO, size: int) -> Measure:
    width, height, mode = dicom.header(file)
    return Measure(width, height, "DICOM", mode, size)


def _picture(file: BinaryIO, size: int) -> Measure:
    with Image.open(file, formats=FORMATS) as image:
        exif = _exif(image)
        width, height = image.size
        orientation = exif.get(ExifTags.Base.Orientation, 1)
        if orientation not in range(1, 9):
            orientation = 1
        if orientation in _TURNED:
            width, height = height, width
        named = (exif.get(tag) for tag in (ExifTags.Base.Make, ExifTags.Base.Model))
        camera = " ".join(str(text).strip(" \0") for text in named if text) or None
        return Measure(
            width=width,
            height=height,
            format=image.format or "",
            mode=image.mode,
            bytes=size,
            orientation=orientation,
            exif=len(exif),
            camera=camera,
            coarseness=_coarseness(image),
        )


def _exif(image: Image.Image) -> Mapping[int, Any]:
    """Give the EXIF tags; a broken block is none, and no pixels are decoded to look for one."""
    if image.format == "PNG" and "exif" not in image.info:
        return {}
    try:
        return dict(image.getexif())
    except Exception:  # noqa: BLE001  # Pillow raises nearly anything on a broken block
        return {}


def _coarseness(image: Image.Image) -> float | None:
    tables = getattr(image, "quantization", None)
    if not tables or 0 not in tables:
        return None
    return float(sum(tables[0]) / len(tables[0]))
