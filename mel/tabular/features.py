"""The feature matrix of the stack: one code for training and for serving.

A member's score enters as its percentile among out-of-fold scores, because the folds' networks
are calibrated differently: a training image is ranked among the scores of its own fold, which one
network made, and a new image, scored by the mean over the networks, among the scores of all folds.

Why that leaks nothing: a percentile uses scores and no target, and a training image's score and
all those it is ranked among come from the network that never saw their fold. The reference is
stored, so that a new image has the same features alone as in any batch.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from mel.checks import SEXES, SITES, require_columns, require_unique
from mel.errors import MelError, many, near
from mel.files import check_digest, digest_json, read_json, required, write_json
from mel.metrics import percentile

__all__ = ["Category", "Feature", "FeatureList", "Number", "Percentile"]

Floats = NDArray[np.float64]


class _Stored(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Number(_Stored):
    """A number of the image table as it is; missing stays missing (NaN)."""

    kind: Literal["number"] = "number"
    name: str

    def column(self, images: pl.DataFrame, scores: pl.DataFrame) -> Floats:  # noqa: ARG002
        """Give the feature of each image, float64."""
        try:
            return images[self.name].cast(pl.Float64).to_numpy()
        except pl.exceptions.PolarsError as error:
            raise MelError(f"images: {self.name} is not all numbers; give years or null") from error


class Category(_Stored):
    """A word of the image table as its place in a stored vocabulary; missing stays missing."""

    kind: Literal["category"] = "category"
    name: str
    categories: Annotated[list[str], Field(min_length=1)]

    def column(self, images: pl.DataFrame, scores: pl.DataFrame) -> Floats:  # noqa: ARG002
        """Give the code of each image as float64; a word the training did not know is refused."""
        words = images[self.name].cast(pl.String)
        unknown = words.filter(words.is_not_null() & ~words.is_in(self.categories))
        if len(unknown):
            raise MelError(
                f"images: unknown {self.name} {unknown[0]!r} ({many(len(unknown), 'row')}); "
                f"{near(unknown[0], self.categories)} (or leave it empty)"
            )
        codes = {word: float(code) for code, word in enumerate(self.categories)}
        return words.replace_strict(codes, default=None, return_dtype=pl.Float64).to_numpy()


class Percentile(_Stored):
    """A member's score as its percentile, 0 to 1, in `reference`: out-of-fold scores, sorted."""

    kind: Literal["percentile"] = "percentile"
    name: str
    reference: Annotated[list[FiniteFloat], Field(min_length=1)]

    def column(self, images: pl.DataFrame, scores: pl.DataFrame) -> Floats:  # noqa: ARG002
        """Give the feature of each image, float64."""
        return percentile(scores[self.name].to_numpy(), self.reference)


Feature = Annotated[Number | Category | Percentile, Field(discriminator="kind")]

_METADATA: dict[str, Number | Category] = {
    "age": Number(name="age"),
    "sex": Category(name="sex", categories=list(SEXES)),
    "site": Category(name="site", categories=list(SITES)),
}


class FeatureList(_Stored):
    """The features of a stack in the order of its matrix, and the models fitted on them.

    >>> features = FeatureList.of(["age", "sex"])
    >>> images = pl.DataFrame({"image_id": ["a"], "age": [40.0], "sex": ["male"]})
    >>> features.matrix(images)
    array([[40.,  1.]])
    """

    schema_version: Literal[1] = 1
    features: Annotated[list[Feature], Field(min_length=1)]
    models: dict[str, str] = {}  # file beside features.json -> its SHA-256

    @classmethod
    def of(cls, metadata: Iterable[str], scores: pl.DataFrame | None = None) -> Self:
        """List metadata columns, then the members of `scores` ranked among these very scores.

        `scores` has image_id (and fold) and a column a member. The order given does not matter:
        metadata come as age, sex, site and members by name.
        """
        wanted = set(metadata)
        if unknown := sorted(wanted - set(_METADATA)):
            raise MelError(
                f"metadata: unknown column {unknown[0]!r}; {near(unknown[0], _METADATA)}"
            )
        found: list[Feature] = [_METADATA[name] for name in _METADATA if name in wanted]
        if scores is not None:
            members = sorted(set(scores.columns) - {"image_id", "fold"})
            found += [Percentile(name=m, reference=scores[m].sort().to_list()) for m in members]
        if not found:
            raise MelError("no features: neither metadata nor members; name at least one of either")
        return cls(features=found)

    @property
    def members(self) -> list[str]:
        """The members whose scores are features, by name."""
        return [feature.name for feature in self.features if isinstance(feature, Percentile)]

    @property
    def categorical(self) -> list[int]:
        """The columns of the matrix that hold codes."""
        return [i for i, feature in enumerate(self.features) if isinstance(feature, Category)]

    @property
    def monotone(self) -> list[int]:
        """For each column 1 where more of it may only mean a higher score, else 0."""
        return [int(isinstance(feature, Percentile)) for feature in self.features]

    def matrix(self, images: pl.DataFrame, scores: pl.DataFrame | None = None) -> Floats:
        """Give the features, images x features, float64, missing as NaN, in the images' order.

        `images` has image_id and the metadata columns, `scores` image_id and a column a member;
        they are joined by image_id, and scores of other images are left aside. Raises MelError
        for a missing column, a duplicate id, an unknown sex or site, and an image without a
        finite score of each member.
        """
        metadata = [f.name for f in self.features if not isinstance(f, Percentile)]
        require_columns(images, ["image_id", *metadata], "images")
        require_unique(images, "images")
        aligned = _align(images, scores, self.members)
        return np.column_stack([feature.column(images, aligned) for feature in self.features])

    def write(self, path: Path) -> None:
        """Write JSON with its digest, whole or not at all."""
        content = self.model_dump(mode="json")
        write_json(path, {"digest": digest_json(content)} | content)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read and check what `write` wrote; a file changed by hand is refused."""
        raw = dict(required(read_json(path), {"digest": str}, str(path)))
        check_digest(path, raw.pop("digest"), digest_json(raw))
        try:
            return cls.model_validate_json(json.dumps(raw))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise MelError(
                f"{path}: is no feature list ({place}: {first['msg']}); train it again"
            ) from None


def _align(
    images: pl.DataFrame, scores: pl.DataFrame | None, members: Sequence[str]
) -> pl.DataFrame:
    """The members' scores, one row an image in the images' order."""
    ids = images.select(pl.col("image_id").cast(pl.String))
    if not members:
        return ids
    if scores is None:
        raise MelError(f"scores: none given, the stack needs {', '.join(members)}; predict them")
    require_columns(scores, ["image_id", *members], "scores")
    require_unique(scores, "scores")
    scores = scores.select(pl.col("image_id").cast(pl.String), pl.col(members).cast(pl.Float64))
    wide = ids.join(scores, on="image_id", how="left", maintain_order="left")
    for name in members:
        bad = wide.filter(~pl.col(name).is_finite().fill_null(False))
        if bad.height:
            raise MelError(
                f"scores: image {bad['image_id'][0]!r} has no finite score of {name} "
                f"({many(bad.height, 'such image')}); predict it again"
            )
    return wide
