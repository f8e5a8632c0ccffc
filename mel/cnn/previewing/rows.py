"""What a preview shows: a row a change, at its ends and as it is drawn."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from mel.cnn.augmenting import Mixture, augment
from mel.cnn.augmenting.matrices import tint, view
from mel.cnn.augmenting.recolouring import means, recolour
from mel.cnn.augmenting.resampling import resample
from mel.cnn.augmenting.turning import turn
from mel.cnn.previewing.sheet import Cell, Row
from mel.config import Augmentation, MemberSettings

__all__ = ["rows_of"]

Bytes = NDArray[np.uint8]
_DRAWS, _ENDS = 3, 4  # of a change with a strength
_ALL = _DRAWS + _ENDS
_STEPS = (-1.0, -0.5, 0.5, 1.0)
_GEOMETRY = ("rotation", "shear", "zoom", "shift")
_COLOURS = ("brightness", "contrast", "saturation", "hue")
_UNITS = {
    "rotation": ("degrees", 1),
    "shear": ("degrees", 1),
    "zoom": ("% of the side", 100),
    "shift": ("% of the side", 100),
    "brightness": ("% of full scale", 100),
    "contrast": ("%", 100),
    "saturation": ("%", 100),
    "hue": ("degrees", 1),
}
_NONE = Augmentation(flips=False)


def rows_of(images: Bytes, settings: MemberSettings) -> tuple[list[Row], list[str]]:
    """Give the rows of a sheet over some pictures, and the names of the changes that are off.

    `images` are uint8 `(n, s, s, 3)`; each row takes the next one as its original.
    """
    changes, found, idle = settings.augmentation, list[Row](), list[str]()
    for name, make in _MAKERS.items():
        if getattr(changes, name):
            image = images[len(found) % len(images)]
            found.append(make(image, images, name, settings))
        else:
            idle.append(name.removesuffix("_share"))
    together = (_together(image, number, settings) for number, image in enumerate(images[:3]))
    return [*found, *together], idle


def _seed(settings: MemberSettings, row: int = 0) -> tuple[int, ...]:
    return (settings.seed, 0, 0, row)


def _alone(**changes: float) -> Augmentation:
    return _NONE.model_copy(update=changes)


def _repeated(image: Bytes, count: int) -> Bytes:
    return np.repeat(image[None], count, axis=0)


def _drawn(image: Bytes, count: int, changes: Augmentation, seed: tuple[int, ...]) -> list[Cell]:
    changed = augment(_repeated(image, count), seed, changes)
    return [Cell(pixels, "drawn") for pixels in changed]


def _flips(image: Bytes, *_: object) -> Row:
    ways = [np.array([[bool(way & bit)] for bit in (1, 2, 4)]) for way in range(1, 8)]
    one, none = np.ones(1), np.zeros(1)
    cells = [
        Cell(turn(image[None], view(len(image), none, none, one, np.zeros((1, 2)), way))[0], "")
        for way in ways
    ]
    return Row("flips", "both flips and the quarter turns, each of eight alike", image, cells)


def _strength(image: Bytes, _: Bytes, name: str, settings: MemberSettings) -> Row:
    """Show four strengths up to the recipe's, then draws."""
    most = float(getattr(settings.augmentation, name))
    unit, scale = _UNITS[name]
    ends = _ENDS_OF[name](image, most)
    cells = [
        *(Cell(pixels, caption) for pixels, caption in ends),
        *_drawn(image, _DRAWS, _alone(**{name: most}), _seed(settings)),
    ]
    return Row(name, f"up to {most * scale:g} {unit}", image, cells)


def _signed(name: str) -> Callable[[Bytes, float], Iterator[tuple[Bytes, str]]]:
    unit, scale = _UNITS[name]
    mark = "°" if unit == "degrees" else " %"

    def ends(image: Bytes, most: float) -> Iterator[tuple[Bytes, str]]:
        for step in _STEPS:
            caption = f"{step * most * scale:+g}{mark}"
            yield _changed(image, **{name: step * most}), caption

    return ends


def _zoomed(image: Bytes, most: float) -> Iterator[tuple[Bytes, str]]:
    for part in (0.25, 0.5, 0.75, 1.0):
        side = 1 - part * most
        yield _changed(image, zoom=1 - side), f"{100 * side:.3g} % of the side"


def _shifted(image: Bytes, most: float) -> Iterator[tuple[Bytes, str]]:
    for x, y, word in ((-1, 0, "right"), (1, 0, "left"), (0, -1, "down"), (0, 1, "up")):
        yield _changed(image, shift_x=x * most, shift_y=y * most), f"{100 * most:g} % {word}"


_ENDS_OF: dict[str, Callable[[Bytes, float], Iterator[tuple[Bytes, str]]]] = {
    **{name: _signed(name) for name in _UNITS},
    "zoom": _zoomed,
    "shift": _shifted,
}


def _changed(image: Bytes, **values: float) -> Bytes:
    """Give one picture changed by exactly these strengths."""
    given = {name: np.array([values.get(name, 0.0)]) for name in (*_GEOMETRY, *_COLOURS)}
    if any(name in values for name in _COLOURS):
        found = image[None].copy()
        recolour(found, tint(means(found), *(given[name] for name in _COLOURS)))
        return np.asarray(found[0])
    offset = np.array([[values.get("shift_x", 0.0), values.get("shift_y", 0.0)]])
    upright = np.zeros((3, 1), dtype=bool)
    side = 1 - given["zoom"]
    seen = view(len(image), given["rotation"], given["shear"], side, offset, upright)
    return np.asarray(resample(image[None], seen, None)[0])


def _covered(image: Bytes, _: Bytes, name: str, settings: MemberSettings) -> Row:
    """Show seven draws of what only some images get."""
    changes = settings.augmentation
    if name == "cutout":
        title, share = f"cutout\n{100 * changes.cutout:g} % of the side", changes.cutout_share
        alone = _alone(cutout=changes.cutout, cutout_share=1.0)
    else:
        title = {"hair_share": "hairs", "border_share": "border"}[name]
        share, alone = getattr(changes, name), _alone(**{name: 1.0})
    title, _gap, detail = title.partition("\n")
    among = f"on {100 * share:g} % of the images"
    cells = _drawn(image, _ALL, alone, _seed(settings))
    return Row(title, f"{detail}, {among}" if detail else among, image, cells)


def _mixed(image: Bytes, images: Bytes, name: str, settings: MemberSettings) -> Row:
    """Show seven mixes of one picture, each with another's share as its label has it."""
    alpha = getattr(settings.augmentation, name)
    differs = [not np.array_equal(image, other) for other in images]
    others = np.concatenate([image[None], images[differs]])
    cells = []
    for step in range(_ALL):
        alone = _alone(**{name: alpha})
        mixture = Mixture.of(len(others), len(image), _seed(settings, step), alone)
        pixels = mixture.images(others)[0]
        cells.append(Cell(pixels, f"{100 * mixture.shares[0]:.0f} % its own"))
    title = {"mixup": "MixUp", "cutmix": "CutMix"}[name]
    return Row(title, f"Beta({alpha:g}, {alpha:g}) draws the shares", image, cells)


def _together(image: Bytes, number: int, settings: MemberSettings) -> Row:
    cells = _drawn(image, _ALL, settings.augmentation, _seed(settings, number))
    return Row("all together", "as in training, before any mixing", image, cells)


_MAKERS: dict[str, Callable[[Bytes, Bytes, str, MemberSettings], Row]] = {
    "flips": _flips,
    **dict.fromkeys(_UNITS, _strength),
    **dict.fromkeys(("hair_share", "border_share", "cutout"), _covered),
    **dict.fromkeys(("mixup", "cutmix"), _mixed),
}
