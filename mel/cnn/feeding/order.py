"""The order in which training images are seen, fixed by seed, fold and epoch."""

import numpy as np
from numpy.typing import NDArray

from mel.config import CnnSettings
from mel.errors import MelError

__all__ = ["epoch_order", "fold_seed", "steps_per_epoch"]

Ints = NDArray[np.int64]


def fold_seed(seed: int, fold: int) -> int:
    """Give one fold's own seed, a non-negative int32 whatever the member's seed.

    >>> fold_seed(7, 2), fold_seed(20_240_131, 0) < 2**31
    (7002, True)
    """
    return (seed * 1000 + fold) % 2**31


def steps_per_epoch(count: int, batch_size: int) -> int:
    """Give the whole batches in `count` images, at least one.

    >>> steps_per_epoch(100, 32)
    3
    """
    return max(count // batch_size, 1)


def epoch_order(target: Ints, settings: CnnSettings, key: tuple[int, ...]) -> Ints:
    """Give one epoch's order: positions in `target`, whole batches only.

    A permutation; with `positive_share` each draw is a positive with that probability, each
    class running through all its images before any comes again. `key` (seed, fold, epoch) fixes
    the order, so that a run can be repeated. Raises MelError for a `positive_share` where there
    is only one class to draw from.

    >>> sorted(epoch_order(np.array([0, 1]), CnnSettings(batch_size=2), (0, 0, 0)).tolist())
    [0, 1]
    """
    draw = np.random.default_rng(key)
    length = steps_per_epoch(len(target), settings.batch) * settings.batch
    if settings.positive_share == 0:
        return _cycled(np.arange(len(target)), length, draw)
    if len(np.unique(target)) < 2:
        raise MelError(
            f"positive_share {settings.positive_share:g} cannot be met: the {len(target)} training "
            "images are all of one target; set positive_share = 0"
        )
    positive = draw.random(length) < settings.positive_share
    order = np.empty(length, dtype=np.int64)
    for chosen, label in ((positive, 1), (~positive, 0)):
        order[chosen] = _cycled(np.flatnonzero(target == label), int(chosen.sum()), draw)
    return order


def _cycled(rows: Ints, length: int, draw: np.random.Generator) -> Ints:
    rounds = max(-(-length // len(rows)), 1)
    return np.concatenate([draw.permutation(rows) for _ in range(rounds)])[:length]
