"""The features of a stack in the order of its matrix: one code for training and for serving."""

import json
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
import polars as pl
from pydantic import Field, ValidationError

from mel.errors import MelError
from mel.files import check_digest, digest_json, read_json, required, write_json
from mel.tabular.features.agreement import Agreement, Difference
from mel.tabular.features.context import Context
from mel.tabular.features.incoming import incoming
from mel.tabular.features.matrix import Matrix
from mel.tabular.features.members import Logit, NormalScore, Percentile
from mel.tabular.features.metadata import Category, Number, Shortcut
from mel.tabular.features.norms import Norm
from mel.tabular.features.patients import PatientFact
from mel.tabular.features.rows import Rows
from mel.tabular.features.stored import Floats, Norms, Reader, Stored

__all__ = ["AnyFeature", "FeatureList"]

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
        found = [column for feature in self.features for column in feature.reads]
        return list(dict.fromkeys(["image_id", *found]))

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
        known = {f.name: f.reference for f in self.features if isinstance(f, Percentile)}
        return incoming(images, scores, self.columns, known)

    def matrix(self, rows: Rows, norms: Norms, reader: Reader) -> Matrix:
        """Give the columns for one kind of learner, in the rows' order.

        Raises MelError for a word that the training did not know, and a column that is no number.
        """
        mine = [feature for feature in self.features if reader in feature.readers]
        values = np.column_stack([_column(feature, rows, norms) for feature in mine])
        levels = {i: len(f.categories) for i, f in enumerate(mine) if isinstance(f, Category)}
        rises = tuple(i for i, feature in enumerate(mine) if feature.rising)
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
