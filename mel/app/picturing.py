"""The photo as the networks see it, and where they looked, as pictures a browser shows."""

import base64
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mel.app.findings import Finding
from mel.app.model import Model
from mel.images import Framing, decode

__all__ = ["ALL", "SIDE", "Layer", "data_uri", "layers", "mark", "photo_uri", "thumbnail"]

Pixels = NDArray[np.uint8]

ALL = "All networks"
SIDE = 448  # pixels of a shown photo
_SMALL = 160
_VEIL = 128  # pixels of a map, which is smooth: the browser enlarges it
_WARM, _COOL = (245, 120, 20), (20, 110, 230)
_MOST = 0.85  # of the veil's strength, where the map is strongest


@dataclass(frozen=True)
class Layer:
    """A photo as networks see it, and the veil over it, as data URIs; name: whose map it is."""

    name: str
    photo: str
    veil: str


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


def layers(model: Model, finding: Finding) -> tuple[Layer, ...]:
    """Give the photo with what all networks look at together, then with what each looks at.

    A veil is warm where the picture raises the score more than the rest of it, blue where less.
    Networks that frame a photo otherwise than the first are left out of `ALL`; of a lone network
    there is one layer.
    """
    maps = {name: _levelled(found) for name, found in (finding.maps or {}).items()}
    if not maps:
        return ()
    first = model.framings[next(iter(maps))]
    alike = [found for name, found in maps.items() if model.framings[name] == first]
    photos = {f: photo_uri(finding, f) for f in {model.framings[name] for name in maps}}
    every = Layer(ALL, photos[first], _veil(np.mean(alike, axis=0)))
    single = [Layer(n, photos[model.framings[n]], _veil(found)) for n, found in maps.items()]
    return (every, *single) if len(single) > 1 else (every,)


def _veil(tints: NDArray[np.float64]) -> str:
    return data_uri(_tinted(tints), "PNG")


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
