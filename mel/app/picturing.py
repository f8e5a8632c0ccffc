"""The photo as the networks see it, and where they looked, as pictures a browser shows."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mel.app.findings import Finding
from mel.app.model import Model
from mel.images import Framing, decode

__all__ = ["ALL", "SIDE", "data_uri", "layered", "mark", "photo_uri", "thumbnail", "veil"]

Pixels = NDArray[np.uint8]

ALL = "All networks"
SIDE = 448  # pixels of a shown photo
_SMALL = 160
_VEIL = 128  # pixels of a map, which is smooth: the browser enlarges it
_WARM, _COOL = (245, 120, 20), (20, 110, 230)
_MOST = 0.85  # of the veil's strength, where the map is strongest


def mark() -> Image.Image:
    """Draw the page's mark, a mole: one by name would be fetched from elsewhere."""
    across, down = np.meshgrid(np.linspace(-1, 1, 64), np.linspace(-1, 1, 64))
    dark = np.clip(6 * (0.62 - np.hypot(across, down)), 0, 1)[..., None]
    return Image.fromarray((dark * (92, 52, 40) + (1 - dark) * (233, 190, 170)).astype(np.uint8))


def photo_uri(finding: Finding, framing: Framing, side: int = SIDE) -> str:
    """Give the square that networks with this framing see, as a data URI."""
    photo = finding.mole.photo
    return data_uri(decode(photo.data, side, photo.name, framing), "JPEG")


def thumbnail(pixels: Pixels) -> str:
    """Give the middle of a photo, small, as a data URI."""
    small = Image.fromarray(pixels).resize((_SMALL, _SMALL), Image.Resampling.BILINEAR)
    return data_uri(np.asarray(small), "JPEG")


def data_uri(pixels: Pixels, kind: str) -> str:
    """Give pixels inside the page: no file is written and none is fetched."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **({"quality": 88} if kind == "JPEG" else {}))
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def veil(model: Model, finding: Finding, which: str = ALL) -> tuple[str, str]:
    """Give the photo and the veil over it, as data URIs: where one network looked, or all.

    The veil is warm where the picture raises the score more than the rest of it, blue where less.
    Networks that frame a photo otherwise than the first are left out of `ALL`.
    """
    maps = finding.maps or {}
    framing = model.framings[next(iter(maps)) if which == ALL else which]
    chosen = [which] if which != ALL else [m for m in maps if model.framings[m] == framing]
    tints = np.mean([_levelled(maps[name]) for name in chosen], axis=0)
    return photo_uri(finding, framing), data_uri(_tinted(tints), "PNG")


def _levelled(found: NDArray[np.float32]) -> NDArray[np.float64]:
    """Give a map at one size, its mean 0 and its largest value 1."""
    aside = found.astype(np.float64) - float(found.mean())
    large = Image.fromarray(aside.astype(np.float32)).resize(
        (_VEIL, _VEIL), Image.Resampling.BICUBIC
    )
    spread = np.asarray(large, dtype=np.float64)
    top = float(np.abs(spread).max())
    return spread / top if top > 1e-9 else spread * 0


def _tinted(tints: NDArray[np.float64]) -> Pixels:
    top = float(np.abs(tints).max()) or 1.0
    colours = np.where((tints > 0)[..., None], _WARM, _COOL)
    alpha = _MOST * 255 * np.abs(tints / top)
    return np.concatenate([colours, alpha[..., None]], axis=-1).astype(np.uint8)


def layered(photo: str, over: str, strength: float, alt: str) -> str:
    """Give the photo with its veil at a strength from 0 to 1, as HTML; `alt` must be escaped."""
    return (
        f'<div class="mel-photo"><img src="{photo}" alt="{alt}">'
        f'<img src="{over}" alt="" aria-hidden="true" style="opacity:{strength:.2f}"></div>'
    )
