"""What a network is taught: images with their labels and weights, as arrays."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.cnn.feeding.pictures import Pictures
from mel.cnn.labels import Labels
from mel.config import CnnSettings
from mel.errors import MelError, near
from mel.metadata import encode_metadata

__all__ = ["Examples", "check_sources"]

Ints = NDArray[np.int64]
Reals = NDArray[np.float32]


@dataclass(frozen=True)
class Examples:
    """Labelled images, aligned: `rows` of Pictures, `labels` as the network is taught them.

    `rows` int64 `(n,)`; `labels` float32 `(n, k)`, see `Labels.encode`; `target` int64 `(n,)`;
    `weights` float32 `(n,)`, of each one's loss; `metadata` float32 `(n, m)`, see
    `mel.metadata`, or None for a network that does not look at it.
    """

    rows: Ints
    labels: Reals
    target: Ints
    weights: Reals
    metadata: Reals | None = None

    @classmethod
    def of(
        cls, frame: pl.DataFrame, pictures: Pictures, settings: CnnSettings, labels: Labels
    ) -> Self:
        """Make them from rows of an ImageTable, all of which have a target.

        Nothing but these rows is looked at: what "balanced" weighs is their count. Raises
        MelError for an image without a target, and what `Labels.encode` raises.
        """
        frame = frame.sort("image_id")
        bare = frame.filter(pl.col("target").is_null())
        if bare.height:
            raise MelError(f"image {bare['image_id'][0]!r}: has no target to be taught")
        target = frame["target"].to_numpy().astype(np.int64)
        return cls(
            rows=pictures.rows_of(frame["image_id"].to_list()),
            labels=labels.encode(frame),
            target=target,
            weights=_by_class(target, settings) * _by_source(frame, settings),
            metadata=encode_metadata(frame) if settings.metadata else None,
        )

    def __len__(self) -> int:
        return len(self.rows)


def _by_class(target: Ints, settings: CnnSettings) -> Reals:
    """Weigh positives; "balanced" gives both classes half of the sum, which stays the count."""
    weight = settings.positive_weight
    if weight != "balanced":
        return np.where(target == 1, weight, 1.0).astype(np.float32)
    counts = np.bincount(target, minlength=2)
    return (len(target) / (2 * np.maximum(counts, 1)))[target].astype(np.float32)


def _by_source(frame: pl.DataFrame, settings: CnnSettings) -> Reals:
    known = settings.source_weights
    return np.array([known.get(name, 1.0) for name in frame["source"]], dtype=np.float32)


def check_sources(frame: pl.DataFrame, settings: CnnSettings) -> None:
    """Refuse weights for a source that no image of the whole table has.

    >>> frame = pl.DataFrame({"source": ["siim2020", "isic2019"]})
    >>> check_sources(frame, CnnSettings(source_weights={"isic2018": 0.5}))
    Traceback (most recent call last):
    mel.errors.MelError: source_weights: no image is of source 'isic2018'; did you mean 'isic2019'?
    """
    known = set(frame["source"].unique().to_list())
    for name in settings.source_weights:
        if name not in known:
            raise MelError(f"source_weights: no image is of source {name!r}; {near(name, known)}")
