"""The slow part: pictures decoded, seen under every view, put to every network, all overlapped."""

from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.metadata import METADATA, encode_metadata
from mel.process import cores
from mel.submit.scoring.asking import Asked
from mel.submit.scoring.decoding import Batch, Look, batches
from mel.submit.scoring.engine import Answer, Network
from mel.submit.scoring.looked import Looked
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

    def __init__(self, eyes: Sequence[Eye], batch: int, threads: int | None = None) -> None:
        self._eyes, self._batch = tuple(eyes), batch
        self._looks = tuple({eye.look(size): None for eye in eyes for size in eye.member.sizes})
        self._pool = ThreadPoolExecutor(threads or cores(), thread_name_prefix="mel-decode")

    def look(self, asked: Asked, pictures: Mapping[str, bytes], *, maps: bool) -> Looked:
        """Give what the members see; a picture that cannot be read has a fault and no scores."""
        kept = _Kept(asked.ids, self._eyes)
        metadata = encode_metadata(asked.frame)
        pending: deque[tuple[Batch, list[_Begun]]] = deque()
        for batch in batches(asked.frame, pictures, self._looks, self._batch, self._pool):
            known = np.zeros((self._batch, len(METADATA)), np.float32)
            known[: len(batch.ids)] = metadata[batch.rows]
            pending.append((batch, [eye.begin(batch, known, maps=maps) for eye in self._eyes]))
            if len(pending) >= _PENDING:
                kept.take(*pending.popleft())
        while pending:
            kept.take(*pending.popleft())
        return kept.looked()


class _Kept:
    """What was seen so far."""

    def __init__(self, ids: Sequence[str], eyes: Sequence[Eye]) -> None:
        self._ids = tuple(ids)
        self._found = {
            eye.member.name: np.full((len(ids), len(eye.member.folds)), np.nan) for eye in eyes
        }
        self._maps: dict[str, list[NDArray[np.float32]]] = {}
        self._faults: dict[str, str] = {}

    def take(self, batch: Batch, begun: Sequence[_Begun]) -> None:
        broken = list(batch.faults)
        for one in begun:
            name = one.eye.member.name
            probabilities, maps = one.finish(len(batch.ids))
            probabilities[broken] = np.nan
            self._found[name][batch.rows] = probabilities
            if maps is not None:
                self._maps.setdefault(name, []).append(maps)
        self._faults |= {batch.ids[place]: why for place, why in batch.faults.items()}

    def looked(self) -> Looked:
        maps = {name: np.concatenate(parts) for name, parts in self._maps.items()}
        quality = pl.DataFrame({"image_id": list(self._ids)}, {"image_id": pl.String})
        return Looked(self._ids, self._found, maps, quality, self._faults)
