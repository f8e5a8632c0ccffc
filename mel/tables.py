"""ImageTable and Folds: the two tables everything else is joined to, by image_id."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

import polars as pl

from mel.checks import (
    AXES,
    IMAGES,
    SEXES,
    SITES,
    SPLITS,
    cast_columns,
    check_images,
    is_missing,
    require_columns,
    require_unique,
)
from mel.errors import MelError
from mel.files import check_digest, digest_frame, read_table, required, write_table

__all__ = ["SEXES", "SITES", "SPLITS", "Folds", "ImageTable", "as_table"]

_FOLDS = {"image_id": pl.String, "fold": pl.Int16}


@dataclass(frozen=True)
class ImageTable:
    """The images of a competition, one row each.

    `frame` has the columns image_id, patient_id, target (0 or 1, null for every test image),
    split (train or test), path, sex, age (years), site and source, then any extras, such as
    lesion_id, duplicate_id (equal for copies of one picture) and diagnosis. Missing sex, age and
    site are null. Make one with `ImageTable.of`, which checks all that and sorts by image_id.
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
        split, a train target that is not 0 or 1, a test target, an impossible age, a missing
        patient (null, blank, or a word such as "unknown"), a patient in both splits, and a control
        character in an id.
        """
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
        """The rows with a target."""
        return self.frame.filter(pl.col("split") == "train")

    @property
    def test(self) -> pl.DataFrame:
        """The rows to be scored."""
        return self.frame.filter(pl.col("split") == "test")

    def write(self, path: Path | str) -> None:
        """Write Parquet with a header, whole or not at all."""
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
        """Read and check what `write` wrote; a file changed by hand is refused."""
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


def as_table(table: ImageTable | pl.DataFrame) -> ImageTable:
    """Give an ImageTable as it is, and a frame with its columns checked and made one."""
    return table if isinstance(table, ImageTable) else ImageTable.of(table, "images")


@dataclass(frozen=True)
class Folds:
    """Which fold each train image is held out in: image_id -> fold, 0 to n_folds - 1."""

    frame: pl.DataFrame
    n_folds: int
    seed: int
    method: str
    inputs: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        frame: pl.DataFrame,
        *,
        seed: int,
        method: str,
        inputs: Mapping[str, str] | None = None,
    ) -> Self:
        """Check a frame of image_id and fold; fold numbers must be 0 to n - 1, none empty."""
        require_columns(frame, ("image_id", "fold"), "folds")
        frame = cast_columns(frame.select(*_FOLDS), _FOLDS, "folds")
        require_unique(frame, "folds")
        found = frame["fold"].unique().sort().to_list()
        if len(found) < 2 or found != list(range(len(found))):
            raise MelError(f"folds: numbers are {found}; they must be 0, 1, … with at least two")
        return cls(frame.sort("image_id"), len(found), seed, method, dict(inputs or {}))

    @cached_property
    def digest(self) -> str:
        """Sixteen hex digits of the map, whatever the order of the rows."""
        return digest_frame(self.frame)

    def write(self, path: Path | str) -> None:
        """Write Parquet with a header, whole or not at all."""
        header = {
            "kind": "folds",
            "digest": self.digest,
            "inputs": dict(self.inputs),
            "seed": self.seed,
            "method": self.method,
            "n_folds": self.n_folds,
        }
        write_table(Path(path), self.frame, header)

    @classmethod
    def read(cls, path: Path | str) -> Self:
        """Read and check what `write` wrote; a file changed by hand is refused."""
        frame, header = read_table(path := Path(path), "folds")
        required(header, {"seed": int, "method": str}, str(path))
        folds = cls.of(frame, seed=header["seed"], method=header["method"], inputs=header["inputs"])
        check_digest(path, header["digest"], folds.digest)
        return folds

    def covers(self, table: ImageTable) -> None:
        """Refuse to go on when the folds do not hold exactly the table's train images."""
        mine, theirs = set(self.frame["image_id"]), set(table.train["image_id"])
        if mine != theirs:
            odd = min(mine ^ theirs)
            place = "the folds but not the train images" if odd in mine else "no fold"
            raise MelError(
                f"folds {self.digest}: image {odd!r} is in {place} of table {table.digest} "
                f"({len(mine ^ theirs)} such images); build the folds again"
            )

    def matches(self, table: ImageTable) -> None:
        """Refuse to go on when the folds are not the table's, or leak.

        They leak where a patient, a lesion_id or a duplicate_id has images in more than one fold;
        `mel.folds.audit` lists all that do.
        """
        self.covers(table)
        frame = table.train.join(self.frame, on="image_id", how="left", validate="1:1")
        for kind, column in AXES.items():
            if column in frame.columns:
                self._keep_together(frame, kind, column)

    def _keep_together(self, frame: pl.DataFrame, kind: str, column: str) -> None:
        known = frame.filter(~is_missing(column)).group_by(column)
        folds = known.agg(pl.col("fold").unique().sort().alias("folds"))
        crossing = folds.filter(pl.col("folds").list.len() > 1).sort(column)
        if crossing.height:
            first, places = crossing.row(0)
            raise MelError(
                f"folds {self.digest}: {kind} {first!r} has images in folds "
                f"{', '.join(map(str, places))} ({crossing.height} such {kind}s): scores would "
                "leak; build the folds again"
            )
