"""The features of a stack in the order of its matrix: one code for training and for serving."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from mel.checks import require_columns, require_unique
from mel.errors import MelError, many
from mel.files import check_digest, digest_json, read_json, required, write_json
from mel.metrics import percentile
from mel.tabular.features.context import Context
from mel.tabular.features.members import (
    Agreement,
    Difference,
    Logit,
    NormalScore,
    Percentile,
)
from mel.tabular.features.metadata import Category, Number, Shortcut
from mel.tabular.features.norms import Norm
from mel.tabular.features.patients import PatientFact
from mel.tabular.features.rows import Rows
from mel.tabular.features.stored import Floats, Norms, Reader, Stored

__all__ = ["AnyFeature", "FeatureList", "Matrix"]

AnyFeature = Annotated[
    Number
    | Category
    | Shortcut
    | Percentile
    | NormalScore
    | Logit
    | Agreement
    | Difference
    | Norm
    | PatientFact
    | Context,
    Field(discriminator="kind"),
]


@dataclass(frozen=True, eq=False)
class Matrix:
    """Images x features, float64, missing as NaN, with what a learner must know of the columns.

    `levels` is by categorical column the number of its words; `rises` are the columns that rise
    with a member's score.
    """

    values: Floats
    titles: tuple[str, ...]
    levels: Mapping[int, int]
    rises: tuple[int, ...]

    def __getitem__(self, rows: NDArray[Any]) -> "Matrix":
        """Give some of the rows."""
        return Matrix(self.values[rows], self.titles, self.levels, self.rises)


class FeatureList(Stored):
    """The features of one variant of a stack, and the digests of the models that read them.

    >>> from mel.tabular.features.metadata import METADATA
    >>> features = FeatureList(features=[METADATA["age"], METADATA["sex"]])
    >>> images = pl.DataFrame({"image_id": ["a"], "age": [40.0], "sex": ["male"]})
    >>> features.matrix(features.rows(images), {}, "trees").values
    array([[40.,  1.]])
    """

    schema_version: Literal[2] = 2
    features: Annotated[list[AnyFeature], Field(min_length=1)]
    models: dict[str, str] = Field(default={})  # file beside features.json -> its SHA-256

    @property
    def members(self) -> list[str]:
        """The members whose scores are features, by name."""
        return [feature.name for feature in self.features if isinstance(feature, Percentile)]

    @property
    def columns(self) -> list[str]:
        """The columns of the image table that are read."""
        found = ["image_id"]
        for feature in self.features:
            if isinstance(feature, Number | Category | Shortcut):
                found.append(feature.name)
            elif isinstance(feature, Norm):
                found.append(feature.by)
            elif isinstance(feature, PatientFact):
                found += ["patient_id", *([feature.needs] if feature.needs else [])]
            elif isinstance(feature, Context):
                found.append("patient_id")
        return list(dict.fromkeys(found))

    @property
    def norms(self) -> list[Norm]:
        """The features that are fitted."""
        return [feature for feature in self.features if isinstance(feature, Norm)]

    def rows(self, images: pl.DataFrame, scores: pl.DataFrame | None = None) -> Rows:
        """Join new images and their scores by image_id, sorted by it, ranked in the references.

        `images` has the `columns`, `scores` image_id and a column a member; scores of other
        images are left aside. Raises MelError for a missing column, a duplicate id, a missing
        patient, and an image without a finite score of each member.
        """
        require_columns(images, self.columns, "images")
        require_unique(images, "images")
        found = images.select(pl.col("image_id").cast(pl.String), *_others(images))
        found = found.sort("image_id")
        wide = _aligned(found, scores, self.members)
        raw = {name: wide[name].to_numpy().astype(float) for name in self.members}
        known = {f.name: f.reference for f in self.features if isinstance(f, Percentile)}
        ranks = {name: percentile(raw[name], known[name]) for name in self.members}
        return Rows(found, raw, ranks, {name: 0.5 / len(known[name]) for name in self.members})

    def matrix(self, rows: Rows, norms: Norms, reader: Reader) -> Matrix:
        """Give the columns for one kind of learner, in the rows' order.

        Raises MelError for a word that the training did not know, and a column that is no number.
        """
        mine = [feature for feature in self.features if reader in feature.readers]
        values = np.column_stack([_column(feature, rows, norms) for feature in mine])
        levels = {i: len(f.categories) for i, f in enumerate(mine) if isinstance(f, Category)}
        rises = tuple(i for i, feature in enumerate(mine) if feature.rises)
        return Matrix(values, tuple(feature.title for feature in mine), levels, rises)

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


def _column(feature: AnyFeature, rows: Rows, norms: Norms) -> Floats:
    """Only norms differ between the folds' models."""
    if isinstance(feature, Norm):
        return feature.column(rows, norms)
    return rows.once(feature.title, lambda: feature.column(rows, norms))


def _others(images: pl.DataFrame) -> list[str]:
    return [name for name in images.columns if name != "image_id"]


def _aligned(images: pl.DataFrame, scores: pl.DataFrame | None, members: list[str]) -> pl.DataFrame:
    """The members' scores, one row an image in the images' order."""
    ids = images.select("image_id")
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
