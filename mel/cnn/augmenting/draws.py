"""Random numbers of a batch: each kind of change draws from a generator of its own."""

from enum import IntEnum, auto

import numpy as np
from numpy.typing import NDArray

__all__ = ["Kind", "Seed", "generator", "uniform"]

Seed = tuple[int, ...]


class Kind(IntEnum):
    """The kinds of change. A number once given stays: it is part of every seed."""

    TURN = auto()
    ROTATION = auto()
    SHEAR = auto()
    ZOOM = auto()
    SHIFT = auto()
    BRIGHTNESS = auto()
    CONTRAST = auto()
    SATURATION = auto()
    HUE = auto()
    HAIR = auto()
    BORDER = auto()
    CUTOUT = auto()
    MIX = auto()


def generator(seed: Seed, kind: Kind) -> np.random.Generator:
    """Give a kind's generator for the batch of `seed`, such as (seed, fold, epoch, step).

    Its draws depend on these numbers alone: neither on which other changes there are, nor on
    threads.

    >>> one, other = generator((0, 1), Kind.ZOOM), generator((0, 1), Kind.HUE)
    >>> one.random() == generator((0, 1), Kind.ZOOM).random(), one.random() == other.random()
    (True, False)
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(int(kind),)))


def uniform(seed: Seed, kind: Kind, count: int, most: float) -> NDArray[np.float64]:
    """Give a number an image, from -most to most."""
    return generator(seed, kind).uniform(-most, most, count)
