"""The guarded door for pictures from strangers: what is refused before a pixel is decoded."""

import io
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mel.errors import ImageError
from mel.images.decoding import decode
from mel.images.measuring import measure
from mel.images.quality import SIDE

__all__ = ["LIMITS", "Limits", "Photo", "admit", "tidy_name"]

_FORMATS = ("JPEG", "PNG", "WEBP")
_ADVICE = "give a photo as JPEG, PNG or WebP"
_SCANS = 100  # passes over a JPEG: cameras make one, progressive ones about ten
_LONGEST = 60  # characters of a file's name in a message
_NAMES = {  # how files begin that are no photo, or none that is read here
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a ZIP archive or an office document",
    b"GIF8": "a GIF",
    b"BM": "a bitmap (BMP)",
    b"II*\0": "a TIFF",
    b"MM\0*": "a TIFF",
    b"<svg": "a drawing (SVG)",
    b"<?xm": "a drawing (SVG) or other XML",
    b"<!DO": "a web page",
    b"<htm": "a web page",
    b"MZ": "a program",
    b"\x7fELF": "a program",
}
_PHONES = (b"heic", b"heix", b"mif1", b"msf1", b"hevc")


@dataclass(frozen=True)
class Limits:
    """What is let in: bytes of a file, pixels of a picture, pixels of its shorter side.

    A JPEG is decoded at a fraction of its size where that is enough, so it may have more pixels
    than the other formats. The longer side is at most `stretch` times the shorter.
    """

    bytes: int = 25 * 2**20
    jpeg_pixels: int = 64_000_000
    other_pixels: int = 25_000_000
    shorter: int = 32
    stretch: float = 5.0


LIMITS = Limits()


@dataclass(frozen=True)
class Photo:
    """A picture that was let in: its bytes, its upright size, and its pixels at `SIDE`."""

    name: str
    data: bytes
    width: int
    height: int
    pixels: NDArray[np.uint8]

    @property
    def shorter(self) -> int:
        """The shorter side in pixels."""
        return min(self.width, self.height)


def admit(data: bytes, name: str, limits: Limits = LIMITS) -> Photo:
    """Let a picture in, or raise ImageError with one line that says why not and what would do.

    Bytes, format, pixels, frames and colours are looked at in the header before anything is
    decoded; then the picture goes through `mel.images.decode` once, which finds what is cut off
    or damaged. JPEG (of a phone's kinds too), PNG and WebP are let in, whatever the name ends in;
    animations, printers' colours (CMYK) and more than 8 bits a channel are not.

    >>> file = io.BytesIO()
    >>> Image.new("RGB", (64, 48), (200, 150, 140)).save(file, "PNG")
    >>> admit(file.getvalue(), "mole.png").shorter
    48
    >>> admit(b"%PDF-1.7 ...", "mole.jpg")
    Traceback (most recent call last):
    mel.errors.ImageError: mole.jpg: is a PDF; give a photo as JPEG, PNG or WebP
    """
    name = tidy_name(name)
    if not data:
        raise ImageError(f"{name}: the file is empty; take or choose the photo again")
    if len(data) > limits.bytes:
        raise ImageError(
            f"{name}: {len(data) / 2**20:,.0f} MB, at most {limits.bytes / 2**20:,.0f} are read; "
            "save the photo smaller"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of large pictures and odd metadata, which are looked at
        _look(data, name, limits)
        try:
            header, pixels = measure(data, name), decode(data, SIDE, name)
        except ImageError as error:
            raise ImageError(f"{name}: is damaged or cut off; choose or take it again") from error
    return Photo(name, data, header.width, header.height, pixels)


def tidy_name(name: str) -> str:
    r"""Give a file's name as it may stand in a message: one short line, without its folders.

    >>> tidy_name("C:\\photos\\mole\t1.jpg")
    'mole 1.jpg'
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = " ".join("".join(c if c.isprintable() else " " for c in last).split()) or "photo"
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 8]}…{plain[-7:]}"


def _look(data: bytes, name: str, limits: Limits) -> None:
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            _check_size(image, name, limits)
            _check_kind(image, name)
    except ImageError:
        raise
    except Image.DecompressionBombError:
        raise _too_large(name, "far too many pixels", limits.other_pixels) from None
    except Exception as error:  # Pillow's plugins raise nearly anything on broken input
        raise ImageError(f"{name}: is {_what(data)}; {_ADVICE}") from error
    if data.startswith(b"\xff\xd8") and data.count(b"\xff\xda") > _SCANS:
        raise ImageError(f"{name}: a JPEG of more than {_SCANS} passes; save it again, as a JPEG")


def _check_size(image: Image.Image, name: str, limits: Limits) -> None:
    width, height = image.size
    shown = f"{width:,} x {height:,} pixels"
    most = limits.other_pixels if image.format in ("PNG", "WEBP") else limits.jpeg_pixels
    if width * height > most:
        raise _too_large(name, shown, most)
    if min(width, height) < limits.shorter:
        raise ImageError(
            f"{name}: {shown} show nothing; give a photo of {limits.shorter} a side or more, "
            "better of 500"
        )
    if max(width, height) > limits.stretch * min(width, height):
        raise ImageError(f"{name}: {shown} are a strip; give a photo with the mole in its middle")


def _too_large(name: str, shown: str, most: int) -> ImageError:
    return ImageError(
        f"{name}: {shown}, at most {most / 1e6:,.0f} million are read; save the photo smaller"
    )


def _check_kind(image: Image.Image, name: str) -> None:
    if image.format in ("PNG", "WEBP") and getattr(image, "n_frames", 1) > 1:
        raise ImageError(f"{name}: is an animation; give a still photo")
    if image.mode == "CMYK":
        raise ImageError(f"{name}: has printers' colours (CMYK); save it in RGB")
    if image.mode.startswith(("I", "F")) or _is_deep(image):
        raise ImageError(f"{name}: has 16 bits a channel; save it with 8, as JPEG or PNG")


def _is_deep(image: Image.Image) -> bool:
    return any(";16" in str(tile[3]) for tile in getattr(image, "tile", []))


def _what(data: bytes) -> str:
    if data[4:8] == b"ftyp":
        phone = data[8:12] in _PHONES
        return "a HEIC photo, which is not read here yet" if phone else "a film, or an AVIF"
    known = (what for start, what in _NAMES.items() if data.startswith(start))
    return next(known, "no image that can be read, or a damaged one")
