"""Pictures of a batch: read once, decoded at every size that a member wants, by threads, ahead."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.errors import MelError
from mel.images import Framing, decode, fetch

__all__ = ["Batch", "Look", "batches"]

Pixels = NDArray[np.uint8]
Look = tuple[int, Framing]
_AHEAD = 2


@dataclass(frozen=True)
class Batch:
    """Pictures of some rows, filled up with black ones to a whole batch.

    start: the first row. ids: the rows' image_ids. pixels: uint8 `(batch, size, size, 3)` a look.
    faults: why a picture could not be read, by its place among the rows.
    """

    start: int
    ids: tuple[str, ...]
    pixels: Mapping[Look, Pixels]
    faults: Mapping[int, str]

    @property
    def rows(self) -> slice:
        """Where the batch stands among all rows."""
        return slice(self.start, self.start + len(self.ids))


def batches(
    frame: pl.DataFrame,
    pictures: Mapping[str, bytes],
    looks: Sequence[Look],
    batch: int,
    pool: ThreadPoolExecutor,
) -> Iterator[Batch]:
    """Give the pictures of a frame of image_id and path, in order, a batch at a time.

    An image that `pictures` has by its id is taken from there, else from its path. Two batches are
    decoded ahead of the one that is given. A picture that cannot be read is black, with a fault.
    """
    rows = list(frame.select("image_id", "path").iter_rows())
    coming: deque[tuple[int, tuple[str, ...], list[Future[_Seen]]]] = deque()
    try:
        for start in range(0, len(rows), batch):
            here = rows[start : start + batch]
            parts = [pool.submit(_decoded, i, path, pictures.get(i), looks) for i, path in here]
            coming.append((start, tuple(image_id for image_id, _ in here), parts))
            if len(coming) > _AHEAD:
                yield _whole(*coming.popleft(), looks, batch)
        while coming:
            yield _whole(*coming.popleft(), looks, batch)
    finally:
        for *_, parts in coming:
            for part in parts:
                part.cancel()


_Seen = dict[Look, Pixels] | str


def _decoded(image_id: str, path: str | None, data: bytes | None, looks: Sequence[Look]) -> _Seen:
    """Give a picture at every look, or one line that says why there is none."""
    try:
        if data is None and not path:
            return "no picture was given"
        content = fetch(str(path), image_id) if data is None else data
        return {look: decode(content, look[0], image_id, look[1]) for look in looks}
    except MelError as error:
        return str(error).removeprefix(f"{image_id}: ")


def _whole(
    start: int,
    ids: tuple[str, ...],
    parts: Sequence[Future[_Seen]],
    looks: Sequence[Look],
    batch: int,
) -> Batch:
    found = [part.result() for part in parts]
    pixels = {look: np.zeros((batch, look[0], look[0], 3), np.uint8) for look in looks}
    faults: dict[int, str] = {}
    for place, one in enumerate(found):
        if isinstance(one, str):
            faults[place] = one
            continue
        for look in looks:
            pixels[look][place] = one[look]
    return Batch(start, ids, pixels, faults)
