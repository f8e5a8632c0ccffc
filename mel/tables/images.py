"""The images of a competition: one checked row each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

import polars as pl

from mel.checks import IMAGES, cast_columns, check_images, require_columns, require_unique
from mel.errors import MelError
from mel.files import check_digest, digest_frame, read_table, required, write_table

__all__ = ["ImageTable", "as_table"]

_OURS = ("fold", "group", "inner", "own")  # columns that are joined to a table later


@dataclass(frozen=True)
class ImageTable:
    """The images of a competition, one row each.

    `frame` has the columns image_id, patient_id, target (0 or 1, null for every test image), split
    (train, test, or external: it trains, and is never validated on or scored), path, sex, age
    (years), site and source, then any extras, such as lesion_id, duplicate_id (equal for copies of
    one picture), person_id (equal for images of two patients who are one person) and diagnosis.
    Missing sex, age and site are null; so is every path of a table without pictures. A path is a
    file's, or `CONTAINER#KEY` for a picture inside an HDF5 or a TFRecord file. Make one with
    `ImageTable.of`, which checks all that and sorts by image_id. `name` is the competition's,
    `synthetic` says that the pictures were drawn, `inputs` has the digests of what it was made
    from.

    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> table.name, table.synthetic, table.train.height, table.test.height, table.has_images
    ('synthetic', True, 84, 36, True)
    >>> table.frame.columns[:6]
    ['image_id', 'patient_id', 'target', 'split', 'path', 'sex']
    """

    frame: pl.DataFrame
    name: str
    synthetic: bool = False
    inputs: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        frame: pl.DataFrame,
        name: str,
        *,
        synthetic: bool = False,
        inputs: Mapping[str, str] | None = None,
    ) -> Self:
        """Check a frame and make it an ImageTable, its rows sorted by image_id.

        Raises MelError for a missing column, a duplicate or missing id, an unknown sex, site or
        split, a target of a train or external image that is not 0 or 1, a test target, an
        impossible age, a missing patient (null, blank, or a word such as "unknown"), a patient in
        both train and test, a path missing in some rows only, a control character in an id, and a
        further column called fold, group, inner or own, which would be taken for mel's own.

        >>> frame = ImageTable.read("work/demo/images.parquet").frame
        >>> ImageTable.of(frame.drop("sex"), "mine")
        Traceback (most recent call last):
            ...
        mel.errors.MelError: mine: no column 'sex'; known: age, diagnosis, ...
        """
        _refuse_ours(frame, name)
        require_columns(frame, IMAGES, name)
        frame = cast_columns(frame, IMAGES, name)
        require_unique(frame, name)
        check_images(frame, name)
        extras = sorted(set(frame.columns) - set(IMAGES))
        frame = frame.select(*IMAGES, *extras).sort("image_id")
        return cls(frame, name, synthetic, dict(inputs or {}))

    @cached_property
    def digest(self) -> str:
        """Sixteen hex digits of the content but for where files lie, whatever the rows' order.

        A moved data folder changes no digest, so that nothing trained on it becomes stale.
        """
        return digest_frame(self.frame.drop("path"))

    @property
    def train(self) -> pl.DataFrame:
        """The rows that train and are scored out of fold."""
        return self.frame.filter(pl.col("split") == "train")

    @property
    def test(self) -> pl.DataFrame:
        """The rows to be scored."""
        return self.frame.filter(pl.col("split") == "test")

    @property
    def external(self) -> pl.DataFrame:
        """The rows of other competitions, which only train."""
        return self.frame.filter(pl.col("split") == "external")

    @property
    def has_images(self) -> bool:
        """Whether the rows have pictures; a table alone is enough for folds and stacks."""
        return bool(self.frame["path"].is_not_null().all())

    def write(self, path: Path | str) -> None:
        """Write Parquet with a header, whole or not at all.

        Raises MelError where `path` cannot be written.
        """
        header = {
            "kind": "images",
            "name": self.name,
            "digest": self.digest,
            "inputs": dict(self.inputs),
            "synthetic": self.synthetic,
            "paths": self._paths,
        }
        write_table(Path(path), self.frame, header)

    @classmethod
    def read(cls, path: Path | str) -> Self:
        """Read and check what `write` wrote.

        Raises MelError for a file that is missing, is no image table, or was changed by hand.
        """
        frame, header = read_table(path := Path(path), "images")
        required(header, {"synthetic": bool, "paths": str}, str(path))
        table = cls.of(
            frame, header["name"], synthetic=header["synthetic"], inputs=header["inputs"]
        )
        check_digest(path, header["digest"], table.digest)
        check_digest(path, header["paths"], table._paths)
        return table

    @property
    def _paths(self) -> str:
        return digest_frame(self.frame.select("image_id", "path"))


def _refuse_ours(frame: pl.DataFrame, where: str) -> None:
    for column in _OURS:
        if column in frame.columns:
            raise MelError(
                f"{where}: column {column!r} would be taken for one that mel makes; drop or rename "
                "it (a fold map made elsewhere: mel folds import)"
            )


def as_table(table: ImageTable | pl.DataFrame) -> ImageTable:
    """Give an ImageTable as it is, and a frame with its columns checked and made one.

    Raises MelError as `ImageTable.of` does.

    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> as_table(table) is table, as_table(table.frame).digest == table.digest
    (True, True)
    """
    return table if isinstance(table, ImageTable) else ImageTable.of(table, "images")
