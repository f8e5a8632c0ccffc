"""Views of an image: what is scored in its place, and made one score of."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mel.config import TtaSettings
from mel.process import cores

__all__ = ["View", "enlarge", "seen", "views"]

Images = NDArray[np.uint8]
_TURNS = {"none": 1, "flips": 4, "all": 8}
_MIDDLE = (1, 1)
_CORNERS = ((0, 0), (0, 2), (2, 0), (2, 2))
_ONE = 2048  # a weight of 1 in whole numbers: 255 * _ONE * _ONE is below 2**31
_SHIFT = 22  # bits of _ONE * _ONE


@dataclass(frozen=True)
class View:
    """One way to look at an image.

    size: pixels at which the whole image is read, and the network's input. crop: None for the whole
    image, else the place of the crop in halves of what is left over, row and column: (0, 2) is the
    upper right corner, (1, 1) the middle. turn: bits that say what is done last: 1 upside down, 2
    left to right, then 4 rows become columns.

    >>> View(size=96, crop=(0, 2), turn=1).kind  # the upper right corner, upside down
    'corner 96'
    """

    size: int
    crop: tuple[int, int] | None
    turn: int

    @property
    def kind(self) -> str:
        """What a turn or a flip of the image leaves as it is: two views of one kind are alike.

        >>> View(64, None, 3).kind, View(96, (0, 2), 0).kind
        ('whole 64', 'corner 96')
        """
        place = "whole" if self.crop is None else "middle" if self.crop == _MIDDLE else "corner"
        return f"{place} {self.size}"


def views(tta: TtaSettings, size: int) -> list[View]:
    """Give every combination of sizes, crops and turns, the member's own `size` first.

    >>> views(TtaSettings(), 64)
    [View(size=64, crop=None, turn=0)]
    >>> len(views(TtaSettings(turns="all", crops=5, crop_share=0.8, sizes=[96]), 64))
    80
    """
    crops: Sequence[tuple[int, int] | None] = (None,)
    if tta.crop_share < 1:
        crops = (_MIDDLE,) if tta.crops == 1 else (_MIDDLE, *_CORNERS)
    return [
        View(pixels, crop, turn)
        for pixels in (size, *tta.sizes)
        for crop in crops
        for turn in range(_TURNS[tta.turns])
    ]


def seen(images: Images, wanted: Sequence[View], share: float) -> Iterator[Images]:
    """Give a batch `(n, s, s, 3)` as each of the views sees it, uint8 of the same shape.

    Turns are exact. A crop's side is `share` of the image's, to the nearest that leaves the same
    on both sides of the middle; it is enlarged to `s`, see `enlarge`. Turning all images and
    asking for every turn gives the same pictures in another order, to the bit.

    >>> picture = np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3)
    >>> next(seen(picture, [View(2, None, 2)], 1.0))[0, 0].tolist()
    [[3, 4, 5], [0, 1, 2]]
    """
    crop, part = None, images
    for view in wanted:
        if view.crop != crop:
            crop, part = view.crop, _cropped(images, view.crop, share)
        yield _turned(part, view.turn)


def _turned(images: Images, turn: int) -> Images:
    rows = slice(None, None, -1 if turn & 1 else 1)
    columns = slice(None, None, -1 if turn & 2 else 1)
    turned = images[:, rows, columns]
    return np.ascontiguousarray(turned.swapaxes(1, 2) if turn & 4 else turned)


def _cropped(images: Images, crop: tuple[int, int] | None, share: float) -> Images:
    size = images.shape[1]
    rest = round(size * (1 - share) / 2) * 2
    if crop is None or rest == 0:
        return images
    row, column = (place * rest // 2 for place in crop)
    side = max(size - rest, 1)
    return enlarge(images[:, row : row + side, column : column + side], size)


def enlarge(images: Images, size: int) -> Images:
    """Resize a batch of squares to a larger `size`, bilinearly, in whole numbers.

    Pixels are areas: a new pixel's centre lies between four old ones, whose weights are products
    of two in units of 1/2048. Sums of whole numbers do not depend on their order, and the result
    is rounded once, so that a turned picture gives the turned result to the bit.

    >>> enlarge(np.full((1, 2, 2, 3), 9, np.uint8), 4).shape
    (1, 4, 4, 3)
    """
    first, second, weight = _taps(images.shape[1], size)
    found = np.empty((len(images), size, size, 3), dtype=np.uint8)

    def one(index: int) -> None:
        wide = images[index].astype(np.int32)
        rows = _mixed(wide[first], wide[second], weight[:, None, None])
        whole = _mixed(rows[:, first], rows[:, second], weight[None, :, None])
        found[index] = (whole + _ONE * _ONE // 2) >> _SHIFT

    with ThreadPoolExecutor(cores()) as pool:  # NumPy lets other threads compute meanwhile
        list(pool.map(one, range(len(images))))
    return found


def _mixed(
    first: NDArray[np.int32], second: NDArray[np.int32], weight: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Give both by their weights, in the place of the first; both are copies, and are used up."""
    second -= first
    second *= weight
    first *= _ONE
    first += second
    return first


def _taps(old: int, new: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """Give the two old pixels of each new one along a side, and the second one's weight.

    The second half is the first one mirrored: rounding a weight must not tell left from right.
    """
    centre = (np.arange((new + 1) // 2) + 0.5) * old / new - 0.5
    first = np.floor(centre)
    weight = np.rint((centre - first) * _ONE).astype(np.int32)
    low = np.clip(first, 0, old - 1).astype(np.int64)
    high = np.clip(first + 1, 0, old - 1).astype(np.int64)
    mirror = slice(new // 2 - 1, None, -1) if new > 1 else slice(0, 0)
    firsts = np.concatenate([low, old - 1 - high[mirror]])
    seconds = np.concatenate([high, old - 1 - low[mirror]])
    return firsts, seconds, np.concatenate([weight, (_ONE - weight)[mirror]])
