"""Near copies: candidates by their hashes, then each looked at more closely."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.kaggle.duplicates.aligning import likeness
from mel.kaggle.duplicates.banding import Index
from mel.kaggle.duplicates.hashing import ORIENTATIONS, VIEWS, hashes, turn, turned
from mel.kaggle.duplicates.signatures import Signatures
from mel.kaggle.preparing.pool import cores, in_order
from mel.progress import progress

__all__ = ["Candidates", "Near", "candidates", "near_pairs"]

_BLOCK = 512  # pairs aligned at a time
_DIGITS = 4  # of a distance


@dataclass(frozen=True)
class Near:
    """pairs: image_id_1, image_id_2 and distance; compared, aligned: see `Found`."""

    pairs: pl.DataFrame
    compared: int
    aligned: int


@dataclass(frozen=True)
class Candidates:
    """Pairs of rows whose hashes are near: `view` of `ours`, turned, looks like all of `theirs`."""

    ours: NDArray[np.int64]
    theirs: NDArray[np.int64]
    view: NDArray[np.int64]
    orientation: NDArray[np.int64]
    compared: int


def near_pairs(signatures: Signatures, threshold: float) -> Near:
    """Give the pairs at most `threshold` apart; of files with the same bytes only one is compared.

    The distance is 1 - likeness, from 0 to 1, rounded to four digits.
    """
    frame = signatures.frame.with_row_index("row")
    first = frame.unique("sha256", keep="first", maintain_order=True)["row"].to_numpy()
    rows = first[signatures.thumbs[first].any((1, 2))].astype(np.int64)
    thumbs = signatures.thumbs[rows]
    found = candidates(thumbs)
    distance = np.round(1 - _likenesses(thumbs, found, 1 - threshold).astype(np.float64), _DIGITS)
    near = distance <= threshold
    ids = signatures.frame["image_id"].gather(rows)
    one, other = found.ours[near], found.theirs[near]
    low, high = ids.gather(np.minimum(one, other)), ids.gather(np.maximum(one, other))
    pairs = pl.DataFrame({"image_id_1": low, "image_id_2": high, "distance": distance[near]})
    return Near(pairs.with_columns(pl.col("distance").clip(0)), found.compared, len(found.ours))


def candidates(thumbs: NDArray[np.uint8]) -> Candidates:
    """Give every pair of which one, in some view and orientation, has a hash near the other's.

    Each pair stands once, with the view and the orientation that bring the hashes nearest.
    """
    index = Index(hashes(thumbs))
    parts = [np.empty((0, 5), np.int64), *_met(thumbs, index)]
    ours, theirs, distance, view, orientation = np.concatenate(parts).T
    low, high = np.minimum(ours, theirs), np.maximum(ours, theirs)
    order = np.lexsort((orientation, view, ours, distance, high, low))
    _, once = np.unique(low[order] * (len(thumbs) + 1) + high[order], return_index=True)
    best = order[once]
    return Candidates(ours[best], theirs[best], view[best], orientation[best], index.compared)


def _met(thumbs: NDArray[np.uint8], index: Index) -> Iterator[NDArray[np.int64]]:
    """Ask for every view and orientation; of two whole views, each pair is asked for once."""
    turns = len(VIEWS) * ORIENTATIONS
    with progress("Looking for copies", turns, "turns") as tick:
        for number, view in enumerate(VIEWS):
            seen = hashes(thumbs, view)
            for orientation in range(ORIENTATIONS):
                ours, theirs, distance = index.near(turned(seen, orientation))
                keep = ours < theirs if number == 0 else ours != theirs
                asked = np.full(len(ours), number), np.full(len(ours), orientation)
                yield np.stack([ours, theirs, distance.astype(np.int64), *asked], 1)[keep]
                tick()


def _likenesses(thumbs: NDArray[np.uint8], found: Candidates, least: float) -> NDArray[np.float32]:
    blocks = [slice(k, k + _BLOCK) for k in range(0, len(found.ours), _BLOCK)]
    parts = [np.empty(0, np.float32)]
    made = in_order(lambda block: _aligned(thumbs, found, block, least), blocks, cores())
    with progress("Comparing pairs", len(found.ours), "pairs") as tick, closing(made):
        for part in made:
            parts.append(part)
            tick(len(part))
    return np.concatenate(parts)


def _aligned(
    thumbs: NDArray[np.uint8], found: Candidates, block: slice, least: float
) -> NDArray[np.float32]:
    ours, orientation = thumbs[found.ours[block]], found.orientation[block]
    for way in np.unique(orientation):
        ours[orientation == way] = turn(ours[orientation == way], int(way))
    pairs = zip(found.view[block].tolist(), orientation.tolist(), strict=True)
    views = [VIEWS[view].turned(way) for view, way in pairs]
    return likeness(ours, thumbs[found.theirs[block]], views, least)
