"""Pictures as they are, a batch after another, read ahead by threads."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from mel.cnn.feeding.pictures import Pictures
from mel.process import cores

__all__ = ["scoring"]

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]


def scoring(pictures: Pictures, rows: Ints, batch: int) -> Iterator[Bytes]:
    """Give the pictures of `rows` in their order, uint8, in batches; the last may be shorter.

    Two batches are held besides the one that was given, however many there are, and threads, one
    a core, fill them. Raises ImageError naming a broken picture, once all before it were given.
    """
    part = -(-batch // cores())
    with ThreadPoolExecutor(cores()) as pool:
        coming: deque[list[Future[Bytes]]] = deque()
        try:
            for start in range(0, len(rows), batch):
                here = rows[start : start + batch]
                cuts = [here[at : at + part] for at in range(0, len(here), part)]
                coming.append([pool.submit(pictures.take, cut) for cut in cuts])
                if len(coming) > 2:
                    yield _joined(coming.popleft())
            while coming:
                yield _joined(coming.popleft())
        finally:
            pool.shutdown(cancel_futures=True)


def _joined(parts: list[Future[Bytes]]) -> Bytes:
    return np.concatenate([part.result() for part in parts])
