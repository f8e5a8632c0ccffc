"""A network's logits of images under every view, a batch at a time."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mel.cnn import feeding
from mel.cnn.events import Event
from mel.cnn.feeding import Pictures
from mel.cnn.labels import Labels
from mel.config import MemberSettings
from mel.views import View, seen, views

__all__ = ["batch_at", "padded", "score"]

Floats = NDArray[np.float64]
Images = NDArray[np.uint8]
Network = Callable[[Any], Any]
_MOST = {"cpu": 32}  # images a batch; a core gains nothing from more
_USUAL = 128
_LEAST = 8
_PIXELS = 256  # up to which side a batch is whole


def batch_at(size: int, kind: str, count: int = 1) -> int:
    """Give the images of each batch that is scored at a size, on `count` devices of a kind.

    >>> batch_at(64, "cpu"), batch_at(512, "gpu"), batch_at(2000, "gpu", 3)
    (32, 32, 9)
    """
    most = _MOST.get(kind, _USUAL)
    fitting = max(_LEAST, int(most * min(1.0, (_PIXELS / size) ** 2)))
    return -(-fitting // count) * count


def score(
    networks: Mapping[int, Network],
    pictures: Mapping[int, Pictures],
    image_ids: Sequence[str],
    metadata: NDArray[np.float32] | None,
    settings: MemberSettings,
    labels: Labels,
    tell: Event,
    batch: Mapping[int, int],
) -> Floats:
    """Give the logits of a positive: float64 `(n, views)`, in the order of `image_ids`.

    `networks`, `pictures` and `batch` hold, for every size of the views, a function from a batch
    (uint8 images, or a list of these and of metadata) to logits `(batch, labels.count)`, the
    pictures, and the images a batch. Every batch has one shape (the last is padded), so that the
    graph is traced once and a score does not depend on what else is scored. Two batches of
    pictures are held at a time, however many images and views there are. `tell` gets
    `{"done": images}` after each view of a batch.
    """
    wanted = views(settings.tta, settings.size)
    found = np.empty((len(image_ids), len(wanted)), dtype=np.float64)
    for size, network in networks.items():
        columns = [index for index, view in enumerate(wanted) if view.size == size]
        rows = pictures[size].rows_of(image_ids)
        parts = feeding.scoring(pictures[size], rows, batch[size])
        chosen = [wanted[index] for index in columns]
        for here, column, view in _ahead(_views(parts, batch[size], chosen, columns, settings)):
            count = here.stop - here.start
            known = () if metadata is None else (padded(metadata[here], batch[size]),)
            inputs = [view, *known] if known else view
            found[here, column] = labels.read_out(np.asarray(network(inputs))[:count])
            tell({"done": count})
    return found


def _views(
    parts: Iterable[Images],
    batch: int,
    wanted: Sequence[View],
    columns: Sequence[int],
    settings: MemberSettings,
) -> Iterator[tuple[slice, int, Images]]:
    """Give every batch under every view: its place among the rows, the view's column, pixels."""
    stop = 0
    for images in parts:
        start, stop = stop, stop + len(images)
        whole = padded(images, batch)
        for column, view in zip(columns, seen(whole, wanted, settings.tta.crop_share), strict=True):
            yield slice(start, stop), column, view


def padded(values: NDArray[Any], batch: int) -> NDArray[Any]:
    """Fill a last batch up with zeros.

    >>> padded(np.ones(2), 3).tolist()
    [1.0, 1.0, 0.0]
    """
    if len(values) == batch:
        return values
    whole = np.zeros((batch, *values.shape[1:]), dtype=values.dtype)
    whole[: len(values)] = values
    return whole


def _ahead(items: Iterator[Any]) -> Iterator[Any]:
    """Make the next item in a thread while the last one is worked on."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item
