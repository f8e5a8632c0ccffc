"""Looked: what the networks saw in images, before anything is compared or blended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.errors import MelError
from mel.images.quality import Quality

__all__ = ["QUALITY", "Looked", "quality_frame"]

Floats = NDArray[np.float64]
QUALITY = ("sharpness", "light low", "light high", "oddness", "shorter side", "percentile")


@dataclass(frozen=True, eq=False)
class Looked:
    """The slow part of scoring, each image by itself.

    probabilities: by member, float64 `(n, folds)`, NaN where the picture has a fault. maps: by
    member, float32 `(n, h, w)`, where the logit of the mean fold comes from; only if asked for.
    quality: image_id, the columns of `QUALITY` (see `mel.images.quality.Quality`) and warnings, a
    list of names; nulls where the bundle does not know what training pictures look like. faults:
    why an image could not be read, by image_id.
    """

    image_ids: tuple[str, ...]
    probabilities: Mapping[str, Floats]
    maps: Mapping[str, NDArray[np.float32]]
    quality: pl.DataFrame
    faults: Mapping[str, str]

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Put together what was looked at in parts, such as the images of one patient.

        Raises MelError without a part, and for an image that is in two.
        """
        if not parts:
            raise MelError("nothing was looked at; give at least one image")
        ids = tuple(image_id for part in parts for image_id in part.image_ids)
        if len(set(ids)) < len(ids):
            twice = next(image_id for image_id in ids if ids.count(image_id) > 1)
            raise MelError(f"image {twice!r} was looked at twice; keep one of each")
        first = parts[0]
        return cls(
            ids,
            {m: np.concatenate([p.probabilities[m] for p in parts]) for m in first.probabilities},
            {m: np.concatenate([p.maps[m] for p in parts]) for m in first.maps},
            pl.concat([part.quality for part in parts]),
            {image_id: why for part in parts for image_id, why in part.faults.items()},
        )

    @property
    def scored(self) -> list[str]:
        """The images that have scores, in order."""
        return [image_id for image_id in self.image_ids if image_id not in self.faults]

    def scores(self, fold: int | None = None) -> pl.DataFrame:
        """Give image_id and each member's score of the images that have one.

        A member's score is the mean over its folds, or what one `fold` of them says: a column
        that has no such fold, for the networks were averaged into one, gives that one.
        """
        rows = np.array([image_id not in self.faults for image_id in self.image_ids], dtype=bool)
        columns = {m: _by(found[rows], fold) for m, found in self.probabilities.items()}
        ids = pl.Series("image_id", self.scored, dtype=pl.String)
        return pl.DataFrame({"image_id": ids} | columns)


def quality_frame(ids: Sequence[str], qualities: Sequence[Quality | None]) -> pl.DataFrame:
    """Give what was found of pictures as a frame, a row an image."""
    values = [{} if q is None else {**q.values, "percentile": q.percentile} for q in qualities]
    columns = {
        name: pl.Series([row.get(name) for row in values], dtype=pl.Float64) for name in QUALITY
    }
    warnings = [None if q is None else list(q.warnings) for q in qualities]
    told = {"warnings": pl.Series(warnings, dtype=pl.List(pl.String))}
    return pl.DataFrame({"image_id": pl.Series(ids, dtype=pl.String)} | columns | told)


def _by(found: Floats, fold: int | None) -> Floats:
    if fold is not None:
        return found[:, min(fold, found.shape[1] - 1)]
    total = found[:, 0]
    for column in range(1, found.shape[1]):
        total = total + found[:, column]  # one after the other: the same bits alone and in a batch
    return np.asarray(total / found.shape[1])
