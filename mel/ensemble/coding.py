"""Members' scores as whole numbers: sorted once, ranked against any rows without sorting again."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mel.ensemble.ranks import Floats

__all__ = ["Coded", "Ints"]

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Coded:
    """Each member's scores as codes 0, 1, … in their order; equal scores share a code.

    `block` is the part within which an image is ranked, 0 for all of them or the image's fold;
    codes of a later block are higher, so that one pass counts within all blocks. `firsts` holds
    for each member the first code of each block, and at the end the number of codes.
    """

    codes: NDArray[np.int32]  # (members, images)
    block: Ints  # (images,)
    firsts: Ints  # (members, blocks + 1)

    @classmethod
    def of(cls, scores: Floats, block: NDArray[np.generic] | None = None) -> Self:
        """Code `scores`, members x images, ranked within `block`: whole numbers from 0."""
        own = np.zeros(scores.shape[1], np.int64) if block is None else block.astype(np.int64)
        codes = np.empty(scores.shape, np.int32)
        edges = np.arange(int(own.max(initial=0)) + 2)
        firsts = np.empty((len(scores), len(edges)), np.int64)
        for member, column in enumerate(scores):
            order = np.argsort(column) if block is None else np.lexsort((column, own))
            new = (np.diff(column[order]) != 0) | (np.diff(own[order]) != 0)
            dense = np.concatenate([[0], np.cumsum(new)]).astype(np.int32)
            codes[member, order] = dense
            ends = np.append(dense, dense[-1] + 1)
            firsts[member] = ends[np.searchsorted(own[order], edges)]
        return cls(codes, own, firsts)

    def counts(self, known: NDArray[np.bool_]) -> Ints:
        """Count, for every image, the known images of its block: the size of its reference."""
        sizes = np.bincount(self.block[known], minlength=self.firsts.shape[1])
        return np.asarray(sizes[self.block], dtype=np.int64)

    def doubled(self, member: int, known: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> Ints:
        """Give every wanted image twice its mid-rank among the known ones of its block.

        That is known scores below plus known scores at most as high: a whole number, from 0 to
        twice the block's known images, and exact in sums.
        """
        codes, firsts = self.codes[member], self.firsts[member]
        count = np.bincount(codes[known], minlength=int(firsts[-1]))
        until = np.cumsum(count)
        twice = 2 * until - count
        if len(firsts) > 2:
            before = np.concatenate([[0], until])[firsts[:-1]]
            twice -= np.repeat(2 * before, np.diff(firsts))
        return np.asarray(twice[codes[wanted]], dtype=np.int64)

    def places(
        self, member: int, known: NDArray[np.bool_], wanted: NDArray[np.bool_]
    ) -> tuple[Floats, Floats]:
        """Give every wanted image's percentile among the known ones of its block, and their number.

        The same, to the last bit, as `mel.metrics.percentile` gives. A block without known images
        has no percentiles: its images get 0.

        >>> coded = Coded.of(np.array([[7.0, 1.0, 7.0, 9.0]]))
        >>> every = np.ones(4, dtype=bool)
        >>> coded.places(0, np.array([True, True, True, False]), every)[0]
        array([0.66666667, 0.16666667, 0.66666667, 1.        ])
        """
        sizes = self.counts(known)[wanted]
        ranks = self.doubled(member, known, wanted)
        return ranks / (2 * np.maximum(sizes, 1)), sizes.astype(np.float64)
