"""A member's networks as its views need them, and the pictures they look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.cnn.events import Event
from mel.cnn.feeding import Pictures, open_pictures
from mel.cnn.labels import Labels
from mel.cnn.scoring import batch_at, score
from mel.config import MemberSettings
from mel.images import Framing
from mel.metadata import encode_metadata
from mel.tables import ImageTable

__all__ = ["Scorer", "Scorers", "needed", "opened"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scorer:
    """A member's networks, at every size that its views need, with the weights of one fold."""

    settings: MemberSettings
    labels: Labels
    networks: Mapping[int, Any]
    batch: Mapping[int, int]

    @classmethod
    def of(cls, settings: MemberSettings, labels: Labels, device: Any) -> Self:
        """Build the networks on a device that was started."""
        from mel.cnn.networks import build

        bare = settings.model_copy(update={"weights": "none"})
        networks, batch = {}, {}
        for size in (settings.size, *settings.tta.sizes):
            with device.scope():
                network = build(bare, labels, size)
            network.jit_compile = device.jit_compile
            networks[size], batch[size] = network, batch_at(size, device.kind, device.count)
        return cls(settings, labels, networks, batch)

    def load(self, checkpoint: Path) -> None:
        """Take the weights of a fold."""
        for network in self.networks.values():
            network.load_weights(checkpoint)

    def logits(self, frame: pl.DataFrame, pictures: Mapping[int, Pictures], tell: Event) -> Floats:
        """Give the logits of a frame's rows, `(n, views)`; see `mel.cnn.scoring.score`."""
        from mel.cnn.devices.using import forward

        known = encode_metadata(frame) if self.settings.metadata else None
        ids = frame["image_id"].to_list()
        steps = {size: forward(network) for size, network in self.networks.items()}
        return score(steps, pictures, ids, known, self.settings, self.labels, tell, self.batch)


class Scorers:
    """The scorers of a member's folds: one serves all whose networks have the same outputs."""

    def __init__(
        self, settings: MemberSettings, labels: Sequence[Mapping[str, Any]], device: Any
    ) -> None:
        self._settings, self._device = settings, device
        self._labels = [Labels.read(said) for said in labels]
        self._made: dict[Labels, Scorer] = {}

    def of_fold(self, fold: int) -> Scorer:
        """Give the scorer of a fold; its weights are still to be loaded."""
        labels = self._labels[fold]
        if labels not in self._made:
            self._made[labels] = Scorer.of(self._settings, labels, self._device)
        return self._made[labels]


def needed(table: ImageTable, settings: MemberSettings) -> dict[int, pl.DataFrame]:
    """Give the rows whose pictures a member needs, by size: external ones at its own size only."""
    scored = table.frame.filter(pl.col("split") != "external")
    return dict.fromkeys(settings.tta.sizes, scored) | {settings.size: table.frame}


def opened(
    frames: Mapping[int, pl.DataFrame],
    cache: str,
    settings: MemberSettings,
    framing: Mapping[str, Any] | None = None,
) -> dict[int, Pictures]:
    """Open the pictures of frames by size, in the child process."""
    how = Framing(**(framing or {}))
    return {
        size: open_pictures(frame, size, Path(cache), settings.hardware, how)
        for size, frame in frames.items()
    }
