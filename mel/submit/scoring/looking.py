"""The slow part: pictures decoded, seen under every view, put to every network, all overlapped."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mel.images.quality import Looks, Quality
from mel.metadata import encode_metadata
from mel.process import cores
from mel.submit.scoring.asking import Asked
from mel.submit.scoring.decoding import Batch, Look, Row, batches
from mel.submit.scoring.engine import Answer, Network
from mel.submit.scoring.looked import Looked, quality_frame
from mel.submit.scoring.member import Member
from mel.views import Reference, View, average, seen

__all__ = ["Eye", "Looker"]

Floats = NDArray[np.float64]
_PENDING = 2  # batches whose answers are waited for, at most


@dataclass(frozen=True)
class Eye:
    """A member that is ready to look: its networks by size, its references a fold."""

    member: Member
    networks: Mapping[int, Network]
    references: Sequence[Reference]

    def look(self, size: int) -> Look:
        """Give how pictures of a size are to be decoded."""
        return size, self.member.framed

    def begin(self, batch: Batch, metadata: NDArray[np.float32] | None, *, maps: bool) -> "_Begun":
        """Put every view of a batch to the networks, as they are asked in training.

        A map is of the whole picture as it is: where no view is that, it is asked for besides.
        """
        wanted = self.member.views
        known = metadata if self.member.metadata else None
        coming: list[Future[Answer]] = []
        for size in self.member.sizes:
            chosen = [view for view in wanted if view.size == size]
            pixels, network = batch.pixels[self.look(size)], self.networks[size]
            for view, seen_so in zip(
                chosen, seen(pixels, chosen, self.member.tta.crop_share), strict=True
            ):
                coming.append(network.start(seen_so, known, maps=maps and view == self._plain))
        if maps and self._plain not in wanted:
            whole = batch.pixels[self.look(self.member.size)]
            coming.append(self.networks[self.member.size].start(whole, known, maps=True))
        return _Begun(self, tuple(coming))

    @property
    def _plain(self) -> View:
        return View(self.member.size, None, 0)


@dataclass(frozen=True)
class _Begun:
    """A batch that a member is looking at."""

    eye: Eye
    coming: tuple[Future[Answer], ...]

    def finish(self, count: int) -> tuple[Floats, NDArray[np.float32] | None]:
        """Wait, and give each fold's probabilities, `(count, folds)`, and the maps."""
        answers = [future.result() for future in self.coming]
        member, wanted = self.eye.member, self.eye.member.views
        logits = np.stack([answer.logits[:count] for answer in answers[: len(wanted)]], axis=1)
        folds = [
            average(logits[:, :, fold], wanted, member.tta, self.eye.references[fold])
            for fold in range(len(member.folds))
        ]
        maps = next((answer.maps for answer in answers if answer.maps is not None), None)
        return np.stack(folds, axis=1), None if maps is None else maps[:count]


class Looker:
    """Looks at images with all members. Any number of threads may ask it at once."""

    def __init__(
        self,
        eyes: Sequence[Eye],
        batch: int,
        threads: int | None = None,
        known: Looks | None = None,
    ) -> None:
        """`known` are the training pictures' looks, where each picture is to be compared."""
        self._eyes, self._batch, self._known = tuple(eyes), batch, known
        self._looks = tuple({eye.look(size): None for eye in eyes for size in eye.member.sizes})
        self._pool = ThreadPoolExecutor(threads or cores(), thread_name_prefix="mel-decode")

    def look(self, asked: Asked, pictures: Mapping[str, bytes], *, maps: bool) -> Looked:
        """Give what the members see; a picture that cannot be read has a fault and no scores."""
        return next(self.looks([asked], pictures, maps=maps))

    def looks(
        self,
        lists: Iterable[Asked],
        pictures: Mapping[str, bytes],
        *,
        maps: bool = False,
        tell: Callable[[int], object] = int,
    ) -> Iterator[Looked]:
        """Look at one list after another, and give each once it is whole.

        Batches run over from one list into the next, so that nothing waits at the end of a list.
        Lists are taken a few batches before they are looked at. `tell` is called with the number of
        images after each batch.
        """
        waiting: deque[Asked] = deque()
        kept = _Kept(self._eyes)
        pending: deque[tuple[Batch, list[_Begun]]] = deque()
        rows = _rows(lists, waiting)
        for batch in batches(rows, pictures, self._looks, self._batch, self._pool, self._known):
            known = batch.metadata
            pending.append((batch, [eye.begin(batch, known, maps=maps) for eye in self._eyes]))
            if len(pending) >= _PENDING:
                tell(kept.take(*pending.popleft()))
                yield from kept.whole(waiting)
        while pending:
            tell(kept.take(*pending.popleft()))
        yield from kept.whole(waiting)


def _rows(lists: Iterable[Asked], waiting: deque[Asked]) -> Iterator[Row]:
    """Give the rows of all lists, and put each list that was begun into `waiting`."""
    for asked in lists:
        waiting.append(asked)
        known = encode_metadata(asked.frame)
        named = asked.frame.select("image_id", "path").iter_rows()
        yield from ((*name, about) for name, about in zip(named, known, strict=True))


_Parts = dict[str, list[NDArray[Any]]]  # by member, what was seen batch after batch


def _split(parts: _Parts, count: int) -> tuple[dict[str, NDArray[Any]], _Parts]:
    """Give the first `count` rows as one array a member, and the others."""
    whole = {name: np.concatenate(seen) for name, seen in parts.items()}
    first = {name: seen[:count] for name, seen in whole.items()}
    return first, {name: [seen[count:]] for name, seen in whole.items()}


class _Kept:
    """What was seen so far, in order, and not yet given."""

    def __init__(self, eyes: Sequence[Eye]) -> None:
        self._found: _Parts = {e.member.name: [np.empty((0, len(e.member.folds)))] for e in eyes}
        self._maps: _Parts = {}
        self._faults: dict[str, str] = {}
        self._qualities: list[Quality | None] = []
        self._count = 0

    def take(self, batch: Batch, begun: Sequence[_Begun]) -> int:
        """Wait for a batch, and give the number of its images."""
        broken = list(batch.faults)
        for one in begun:
            name = one.eye.member.name
            probabilities, maps = one.finish(len(batch.ids))
            probabilities[broken] = np.nan
            for place in np.flatnonzero(~np.isfinite(probabilities).all(axis=1)):
                self._faults[batch.ids[place]] = f"the network {name} gives no number of it"
            self._found[name].append(probabilities)
            if maps is not None:
                self._maps.setdefault(name, []).append(maps)
        self._count += len(batch.ids)
        self._qualities += batch.qualities
        self._faults |= {batch.ids[place]: why for place, why in batch.faults.items()}
        return len(batch.ids)

    def whole(self, waiting: deque[Asked]) -> Iterator[Looked]:
        """Give the lists of which all was seen, and forget them."""
        while waiting and len(waiting[0].ids) <= self._count:
            yield self._first(tuple(waiting.popleft().ids))

    def _first(self, ids: tuple[str, ...]) -> Looked:
        count = len(ids)
        found, self._found = _split(self._found, count)
        maps, self._maps = _split(self._maps, count)
        faults = {
            image_id: self._faults.pop(image_id) for image_id in ids if image_id in self._faults
        }
        self._count -= count
        quality = quality_frame(ids, self._qualities[:count])
        del self._qualities[:count]
        return Looked(ids, found, maps, quality, faults)
