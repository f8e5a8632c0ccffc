"""Pictures of a batch: read once, decoded at every size that a member wants, by threads, ahead."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from mel.errors import MelError
from mel.images import Framing, decode_sizes, fetch, measure
from mel.images.quality import SIDE, Looks, Quality

__all__ = ["Batch", "Look", "Row", "batches"]

Pixels = NDArray[np.uint8]
Look = tuple[int, Framing]
Row = tuple[str, str | None, NDArray[np.float32]]  # image_id, path, metadata
_AHEAD = 2
_MEASURED: Look = (SIDE, Framing())  # at which a picture is compared with the training pictures


@dataclass(frozen=True)
class Batch:
    """Pictures of some rows, filled up with black ones to a whole batch.

    ids: the rows' image_ids. pixels: uint8 `(batch, size, size, 3)` a look. metadata: float32
    `(batch, m)`. faults: why a picture could not be read, by its place among the rows. qualities:
    how each looks beside the training pictures; None where nothing is known, or it is broken.
    """

    ids: tuple[str, ...]
    pixels: Mapping[Look, Pixels]
    metadata: NDArray[np.float32]
    faults: Mapping[int, str]
    qualities: Sequence[Quality | None]


def batches(
    rows: Iterable[Row],
    pictures: Mapping[str, bytes],
    looks: Sequence[Look],
    batch: int,
    pool: ThreadPoolExecutor,
    known: Looks | None = None,
) -> Iterator[Batch]:
    """Give the pictures of rows, in order, a batch at a time.

    An image that `pictures` has by its id is taken from there, else from its path. Two batches are
    decoded ahead of the one that is given. A picture that cannot be read is black, with a fault;
    each other one is compared with the training pictures where they are `known`.
    """
    coming: deque[tuple[list[Row], list[Future[_Seen]]]] = deque()
    whole = iter(rows)
    try:
        while here := list(islice(whole, batch)):
            parts = [
                pool.submit(_decoded, image_id, path, pictures.get(image_id), looks, known)
                for image_id, path, _ in here
            ]
            coming.append((here, parts))
            if len(coming) > _AHEAD:
                yield _whole(*coming.popleft(), looks, batch)
        while coming:
            yield _whole(*coming.popleft(), looks, batch)
    finally:
        for _, parts in coming:
            for part in parts:
                part.cancel()


_Seen = tuple[dict[Look, Pixels], Quality | None] | str


def _decoded(
    image_id: str,
    path: str | None,
    data: bytes | None,
    looks: Sequence[Look],
    known: Looks | None,
) -> _Seen:
    """Give a picture at every look, or one line that says why there is none."""
    try:
        if data is None and not path:
            return "no picture was given"
        content = fetch(str(path), image_id) if data is None else data
        pixels = _seen(content, image_id, looks if known is None else (*looks, _MEASURED))
        if known is None:
            return pixels, None
        header = measure(content)
        return pixels, known.check(pixels[_MEASURED], min(header.width, header.height))
    except MelError as error:
        return str(error).removeprefix(f"{image_id}: ")


def _seen(content: bytes, image_id: str, looks: Sequence[Look]) -> dict[Look, Pixels]:
    """Decode a picture, once for all sizes of a framing that can be had of one decoding."""
    found: dict[Look, Pixels] = {}
    for framing in dict.fromkeys(framing for _, framing in looks):
        sizes = [size for size, other in looks if other == framing]
        for size, pixels in decode_sizes(content, sizes, image_id, framing, exact=True).items():
            found[size, framing] = pixels
    return found


def _whole(
    rows: Sequence[Row], parts: Sequence[Future[_Seen]], looks: Sequence[Look], batch: int
) -> Batch:
    found = [part.result() for part in parts]
    pixels = {look: np.zeros((batch, look[0], look[0], 3), np.uint8) for look in looks}
    faults: dict[int, str] = {}
    for place, one in enumerate(found):
        if isinstance(one, str):
            faults[place] = one
            continue
        for look in looks:
            pixels[look][place] = one[0][look]
    qualities = [None if isinstance(one, str) else one[1] for one in found]
    metadata = np.zeros((batch, len(rows[0][2])), np.float32)
    metadata[: len(rows)] = [known for *_, known in rows]
    return Batch(tuple(image_id for image_id, *_ in rows), pixels, metadata, faults, qualities)
