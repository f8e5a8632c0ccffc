"""Hashes a few bits apart, without comparing each with each: multi-index hashing.

64 bits are split into three bands. Where two hashes differ in at most `RADIUS` = 8 bits, one of the
bands differs in at most two (three bands with three differences each would be nine: the pigeonhole
principle), so that looking up each band with no, one and every two of its bits changed finds every
such pair (Norouzi, Punjani and Fleet, Fast Search in Hamming Space with Multi-Index Hashing,
CVPR 2012). A hash takes 718 look-ups, however many there are; the bands have 2 to the power of 21
or 22 values, so that unrelated hashes seldom meet in one. The pairs that do meet and are compared
grow with the square of the number, but from so little that they outweigh the look-ups only beyond
two million random hashes, or some 300,000 of dermatoscopic pictures, which are more alike: up to
there the work grows with the number of pictures.
"""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

__all__ = ["RADIUS", "Index"]

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]

RADIUS = 8  # bits in which two hashes may differ
_BANDS = ((0, 22), (22, 21), (43, 21))  # first bit, number of bits
_FLIPS = RADIUS // len(_BANDS)  # bits that the nearest band may differ in
_CELLS = 2**18  # look-ups at a time: few enough for the caches


class Index:
    """Hashes that can be asked which of them are at most `RADIUS` bits from others.

    `looked` counts the look-ups and `compared` the pairs whose distance was taken, over all
    questions. Where there are no more than `few` hashes, a question is compared with each: that is
    no more work than looking up.

    >>> index = Index(np.array([0b0000, 0b0011, 2**63 - 1], np.uint64))
    >>> mine, theirs, distance = index.near(np.array([0b0001], np.uint64))
    >>> theirs.tolist(), distance.tolist()
    ([0, 1], [1, 1])
    """

    def __init__(self, hashes: Hashes, few: int = 718) -> None:
        self._hashes = hashes
        bands = _BANDS if len(hashes) > few else ()
        self._bands = [_Band(hashes, first, bits) for first, bits in bands]
        self.looked = self.compared = 0

    def near(self, queries: Hashes) -> tuple[Places, Places, NDArray[np.uint8]]:
        """Give places in `queries`, places in the index, and distances in bits, sorted by them.

        Every pair at most `RADIUS` bits apart is there once, and no other.
        """
        if not self._bands:
            return self._compared_with_each(queries)
        self.looked += len(queries) * sum(band.width for band in self._bands)
        parts = [self._within(found, queries) for b in self._bands for found in b.meet(queries)]
        mine = np.concatenate([part[0] for part in parts])
        theirs = np.concatenate([part[1] for part in parts])
        _, once = np.unique(mine * len(self._hashes) + theirs, return_index=True)
        mine, theirs = mine[once], theirs[once]
        return mine, theirs, np.bitwise_count(queries[mine] ^ self._hashes[theirs])

    def _compared_with_each(self, queries: Hashes) -> tuple[Places, Places, NDArray[np.uint8]]:
        bits = np.bitwise_count(queries[:, None] ^ self._hashes)
        self.compared += bits.size
        mine, theirs = np.nonzero(bits <= RADIUS)
        return mine, theirs, bits[mine, theirs]

    def _within(self, found: tuple[Places, Places], queries: Hashes) -> tuple[Places, Places]:
        mine, theirs = found
        self.compared += len(mine)
        close = np.bitwise_count(queries[mine] ^ self._hashes[theirs]) <= RADIUS
        return mine[close], theirs[close]


class _Band:
    """Some bits of every hash, sorted, with the first place of each value."""

    def __init__(self, hashes: Hashes, first: int, bits: int) -> None:
        self._first, self._bits = np.uint64(first), bits
        keys = self._keys(hashes)
        self._order = np.argsort(keys, kind="stable")
        self._counts = np.bincount(keys, minlength=2**bits).astype(np.int32)
        self._starts = np.cumsum(self._counts) - self._counts
        self._taken = self._counts > 0
        flips = [c for count in range(_FLIPS + 1) for c in combinations(range(bits), count)]
        self._masks = np.array([sum(2**bit for bit in flip) for flip in flips], np.int32)

    @property
    def width(self) -> int:
        """How many look-ups one question takes."""
        return len(self._masks)

    def _keys(self, hashes: Hashes) -> NDArray[np.int32]:
        return ((hashes >> self._first) & np.uint64(2**self._bits - 1)).astype(np.int32)

    def meet(self, queries: Hashes) -> Iterator[tuple[Places, Places]]:
        """Give pairs of places (in queries, in the index) whose bands differ in few bits."""
        keys, many = self._keys(queries), self.width
        step = max(1, _CELLS // many)
        for start in range(0, max(len(keys), 1), step):
            looked = (keys[start : start + step, None] ^ self._masks).ravel()
            hits = np.flatnonzero(self._taken.take(looked))
            key = looked[hits]
            counts = self._counts[key]
            place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
            theirs = self._order[np.repeat(self._starts[key], counts) + place]
            yield np.repeat(hits // many + start, counts), theirs
