"""ImageTable and Folds: the two tables everything else is joined to, by image_id."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import polars as pl

from mel.errors import MelError, near
from mel.files import digest_frame, read_table, versions, write_table

__all__ = [
    "SEXES",
    "SITES",
    "SPLITS",
    "Folds",
    "ImageTable",
    "cast_columns",
    "require_columns",
    "require_unique",
]

SPLITS = ("train", "test")
SEXES = ("female", "male")
SITES = (
    "head/neck",
    "lower extremity",
    "oral/genital",
    "palms/soles",
    "torso",
    "upper extremity",
)
_SCHEMA = {
    "image_id": pl.String,
    "patient_id": pl.String,
    "target": pl.Int8,
    "split": pl.String,
    "path": pl.String,
    "sex": pl.String,
    "age": pl.Float64,
    "site": pl.String,
    "source": pl.String,
}
_FOLDS = {"image_id": pl.String, "fold": pl.Int16}
_VOCABULARIES = {"split": SPLITS, "sex": SEXES, "site": SITES}
_OLDEST_AGE = 120.0


def require_columns(frame: pl.DataFrame, names: Iterable[str], where: str) -> None:
    """Refuse a frame that lacks one of `names`; `where` opens the message."""
    for name in names:
        if name not in frame.columns:
            raise MelError(f"{where}: no column {name!r}; {near(name, frame.columns)}")


def cast_columns(
    frame: pl.DataFrame, types: Mapping[str, pl.DataType | type[pl.DataType]], where: str
) -> pl.DataFrame:
    """Cast columns to `types`, refusing what would lose something, such as 0.7 as an integer."""
    for name, wanted in types.items():
        old = frame[name]
        try:
            new = old.cast(wanted)
        except pl.exceptions.PolarsError as error:
            reason = str(error).splitlines()[0]
            raise MelError(f"{where}: column {name!r} has the wrong type ({reason})") from error
        if old.dtype.is_float() and new.dtype.is_integer():
            broken = old.filter((old != old.floor()).fill_null(False))
            if broken.len():
                raise MelError(f"{where}: {name} holds {broken[0]}; it must be a whole number")
        frame = frame.with_columns(new)
    return frame


def require_unique(frame: pl.DataFrame, where: str, by: str = "image_id") -> None:
    """Refuse a frame in which an id is missing or stands twice."""
    if missing := (frame[by].cast(pl.String).fill_null("") == "").sum():
        raise MelError(f"{where}: {missing} rows without {by}; give each row its own")
    twice = frame.filter(pl.col(by).is_duplicated())
    if twice.height:
        first = twice[by].sort()[0]
        raise MelError(
            f"{where}: {by} {first!r} stands {twice.filter(pl.col(by) == first).height} times "
            f"({twice[by].n_unique()} such ids); keep one row of each"
        )


def _check_vocabulary(frame: pl.DataFrame, column: str, where: str) -> None:
    known = _VOCABULARIES[column]
    bad = frame.filter(pl.col(column).is_not_null() & ~pl.col(column).is_in(known))
    if bad.height:
        value = bad[column][0]
        raise MelError(
            f"{where}: unknown {column} {value!r} (image {bad['image_id'][0]}, {bad.height} rows); "
            f"{near(value, known)}, or leave it empty"
        )


def _check_images(frame: pl.DataFrame, where: str) -> None:
    for column in _VOCABULARIES:
        _check_vocabulary(frame, column, where)
    for column in ("patient_id", "split", "path", "source"):
        bare = frame.filter(pl.col(column).fill_null("").str.strip_chars() == "")
        if bare.height:
            raise MelError(
                f"{where}: {bare.height} rows without {column} (first: image "
                f"{bare['image_id'][0]}); fill it in"
                + (", or load with missing_patient = 'own'" if column == "patient_id" else "")
            )
    train = pl.col("split") == "train"
    bad = frame.filter(train & ~pl.col("target").is_in([0, 1]).fill_null(False))
    if bad.height:
        raise MelError(
            f"{where}: target {bad['target'][0]} of train image {bad['image_id'][0]} "
            f"({bad.height} rows); it must be 0 or 1"
        )
    bad = frame.filter(~train & pl.col("target").is_not_null())
    if bad.height:
        raise MelError(
            f"{where}: test image {bad['image_id'][0]} has a target ({bad.height} rows); "
            "labels of test images live in solution.parquet, where nothing can learn from them"
        )
    bad = frame.filter(~pl.col("age").is_between(0, _OLDEST_AGE) | pl.col("age").is_nan())
    if bad.height:
        raise MelError(
            f"{where}: age {bad['age'][0]} of image {bad['image_id'][0]} ({bad.height} rows); "
            f"give years from 0 to {_OLDEST_AGE:g}, or leave it empty"
        )
    shared = set(frame.filter(train)["patient_id"]) & set(frame.filter(~train)["patient_id"])
    if shared:
        raise MelError(
            f"{where}: patient {min(shared)!r} has images in train and in test "
            f"({len(shared)} such patients); keep each patient on one side"
        )


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
        patient and a patient in both splits.
        """
        require_columns(frame, _SCHEMA, name)
        frame = cast_columns(frame, _SCHEMA, name)
        require_unique(frame, name)
        _check_images(frame, name)
        extras = sorted(set(frame.columns) - set(_SCHEMA))
        frame = frame.select(*_SCHEMA, *extras).sort("image_id")
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

    def write(self, path: Path) -> None:
        """Write Parquet with a header, whole or not at all."""
        header = {"name": self.name, "synthetic": self.synthetic, "paths": self._paths}
        write_table(path, self.frame, _header("images", self.digest, self.inputs) | header)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read and check what `write` wrote; a file changed by hand is refused."""
        frame, header = read_table(path, "images")
        table = cls.of(
            frame, header["name"], synthetic=header["synthetic"], inputs=header["inputs"]
        )
        _check_digest(path, header["digest"], table.digest)
        _check_digest(path, header["paths"], table._paths)
        return table

    @property
    def _paths(self) -> str:
        return digest_frame(self.frame.select("image_id", "path"))


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

    def write(self, path: Path) -> None:
        """Write Parquet with a header, whole or not at all."""
        header = {"seed": self.seed, "method": self.method, "n_folds": self.n_folds}
        write_table(path, self.frame, _header("folds", self.digest, self.inputs) | header)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read and check what `write` wrote; a file changed by hand is refused."""
        frame, header = read_table(path, "folds")
        folds = cls.of(frame, seed=header["seed"], method=header["method"], inputs=header["inputs"])
        _check_digest(path, header["digest"], folds.digest)
        return folds

    def matches(self, table: ImageTable) -> None:
        """Refuse to go on when the folds do not hold exactly the table's train images."""
        mine, theirs = set(self.frame["image_id"]), set(table.train["image_id"])
        if mine != theirs:
            odd = min(mine ^ theirs)
            place = "the folds but not the train images" if odd in mine else "no fold"
            raise MelError(
                f"folds {self.digest}: image {odd!r} is in {place} of table {table.digest} "
                f"({len(mine ^ theirs)} such images); build the folds again"
            )


def _header(kind: str, digest: str, inputs: Mapping[str, str]) -> dict[str, Any]:
    return {
        "kind": kind,
        "schema": 1,
        "digest": digest,
        "inputs": dict(inputs),
        "versions": versions(),
    }


def _check_digest(path: Path, said: str, found: str) -> None:
    if said != found:
        raise MelError(
            f"{path}: content has digest {found}, its header says {said}; "
            "the file was changed after it was written: make it again"
        )
