"""Light, colour, detail at every scale and flatness of a picture, as numbers."""

import numpy as np
from numpy.typing import NDArray

from mel.errors import MelError

__all__ = ["COLOURS", "DETAIL", "MEASURES", "SIDE", "Floats", "measures"]

Floats = NDArray[np.float64]
Plane = NDArray[np.float32]

SIDE = 256  # pixels of the square that is measured, decoded with the plain framing
_CELLS = 32  # squares a side over which light and colour are averaged
_LEVELS = 6  # halvings of the picture
_HUES = (1, 3, 5)  # the levels at which the detail of colour is kept
_LEAST = 0.05  # grey levels added before a logarithm: a plane area has no detail at all
_SAME = 0.5  # neighbours that differ by less are alike

_PLANES = ("light", "red", "yellow")
_PARTS = ("low", "middle", "high")
COLOURS = tuple(f"{plane} {part}" for plane in _PLANES[1:] for part in _PARTS)
DETAIL = tuple(
    f"detail {level} {way}"
    for level in range(_LEVELS)
    for way in (("less", "more", "across") if level < 3 else ("less", "more"))
)
MEASURES = (
    *(f"light {part}" for part in _PARTS),
    *COLOURS,
    *DETAIL,
    *(f"colour detail {level}" for level in _HUES),
    "flat",
)


def measures(pixels: NDArray[np.uint8]) -> Floats:
    """Give the `MEASURES` of a picture, float64: `pixels` is uint8 RGB, `(SIDE, SIDE, 3)`.

    light, red, yellow: luminance, red minus green, and their mean minus blue, averaged over 8 x 8
    pixels; of these the 5th, 50th and 95th percentile, in grey levels. detail: the base-2
    logarithm of what is lost when the luminance is halved for the first, second ... time, in the
    direction where there is less, the one where there is more, and diagonally (Haar wavelets: in
    a blurred picture the first are weak beside the later ones). colour detail: the same of red
    and yellow together. flat: the logarithm of the share of neighbours that are the same, high
    in drawings and text.

    Raises MelError for pixels of another shape or type.

    >>> grey = np.full((SIDE, SIDE, 3), 128, np.uint8)
    >>> float(measures(grey)[MEASURES.index("light middle")])
    128.0
    """
    if pixels.shape != (SIDE, SIDE, 3) or pixels.dtype != np.uint8:
        raise MelError(
            f"pixels of shape {pixels.shape}, {pixels.dtype}: decode the picture at {SIDE} pixels"
        )
    red, green, blue = np.ascontiguousarray(np.moveaxis(pixels, 2, 0)).astype(np.float32)
    light = np.float32(0.299) * red + np.float32(0.587) * green + np.float32(0.114) * blue
    planes = (light, red - green, (red + green) * np.float32(0.5) - blue)
    tones = [np.quantile(_cells(plane, _CELLS), (0.05, 0.5, 0.95)) for plane in planes]
    same = np.mean(np.abs(light[:, 1:] - light[:, :-1]) < _SAME)
    found = [*np.concatenate(tones), *_detail(light), *_hues(planes[1], planes[2])]
    return np.array([*found, np.log2(same + 0.01)], dtype=np.float64)


def _cells(plane: Plane, count: int) -> Plane:
    side = plane.shape[0] // count
    rows = plane.reshape(count, side, plane.shape[1]).sum(axis=1)  # whole rows at once are quick
    total = rows[:, ::side].copy()
    for column in range(1, side):
        total += rows[:, column::side]
    return np.asarray(total * np.float32(1 / side**2))


def _detail(plane: Plane) -> list[float]:
    found = []
    for level in range(_LEVELS):
        plane, across, along, diagonal = _halved(plane)
        found += [_log(min(across, along)), _log(max(across, along))]
        if level < 3:
            found.append(_log(diagonal))
    return found


def _hues(red: Plane, yellow: Plane) -> list[float]:
    """Detail of both colours together, from the second level on, where sensors have some."""
    half = SIDE // 2
    planes, found = [_cells(red, half), _cells(yellow, half)], []
    for level in range(1, max(_HUES) + 1):
        halved = [_halved(plane) for plane in planes]
        if level in _HUES:
            found.append(_log(float(np.linalg.norm([sides[1:] for sides in halved]))))
        planes = [sides[0] for sides in halved]
    return found


def _halved(plane: Plane) -> tuple[Plane, float, float, float]:
    """Give the plane at half its size, and the root mean squares of what is lost, by direction."""
    a, b, c, d = plane[::2, ::2], plane[::2, 1::2], plane[1::2, ::2], plane[1::2, 1::2]
    left, right, falling, rising = a + c, b + d, a + d, b + c
    parts = (left - right, a + b - c - d, falling - rising)
    lost = (float(np.sqrt(np.vdot(part, part) / part.size)) / 4 for part in parts)
    return (left + right) * np.float32(0.25), *lost  # type: ignore[return-value]


def _log(detail: float) -> float:
    return float(np.log2(detail + _LEAST))
