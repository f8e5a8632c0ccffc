"""Which fold scores an image, and which folds it may train."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.checks import cast_columns, require_columns, require_unique
from mel.errors import MelError, many
from mel.files import check_digest, digest_frame, read_table, required, write_table
from mel.tables.images import ImageTable
from mel.tables.links import first_leak
from mel.tables.packing import packed, unpacked

__all__ = ["Folds"]

_FOLDS = {"image_id": pl.String, "fold": pl.Int16}
_NONE = pl.DataFrame(schema=_FOLDS)


@dataclass(frozen=True)
class Folds:
    """Which fold each train image is held out in, and what else it must not train.

    `frame` has a row for each train image: image_id and fold, 0 to n_folds - 1, the fold that
    scores it. An image trains every fold but its own, save for the pairs of image_id and fold in
    `barred`: an external image linked to what that fold scores, or a train image of the same
    patient where a scheme parts patients. `external` are the external images the map knows.
    `seed` and `method` say how it was made, `inputs` of what: names and digests.

    >>> folds = Folds.read("work/demo/folds.parquet")
    >>> folds.n_folds, folds.frame.columns, folds.frame.height
    (2, ['image_id', 'fold'], 84)
    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> folds.training(table, 0).height, folds.scored(table, 0).height
    (44, 40)
    """

    frame: pl.DataFrame
    n_folds: int
    seed: int
    method: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    barred: pl.DataFrame = field(default_factory=lambda: _NONE)
    external: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        frame: pl.DataFrame,
        *,
        seed: int,
        method: str,
        inputs: Mapping[str, str] | None = None,
        barred: pl.DataFrame | None = None,
        external: Iterable[str] = (),
    ) -> Self:
        """Check a frame of image_id and fold; fold numbers must be 0 to n - 1, none empty.

        `inputs` are digests of what the map was made from, by name. Raises MelError for a missing
        column, a duplicate or missing id, numbers with a gap or fewer than two folds, an external
        image that has a fold, and a barred pair of an image or a fold that is unknown.

        >>> frame = pl.DataFrame({"image_id": ["b", "a"], "fold": [0, 1]})
        >>> Folds.of(frame, seed=0, method="by hand").frame.rows()
        [('a', 1), ('b', 0)]
        """
        require_columns(frame, _FOLDS, "folds")
        frame = cast_columns(frame.select(*_FOLDS), _FOLDS, "folds")
        require_unique(frame, "folds")
        found = frame["fold"].unique().sort().to_list()
        if len(found) < 2 or found != list(range(len(found))):
            raise MelError(f"folds: numbers are {found}; they must be 0, 1, … with at least two")
        others = tuple(sorted(set(external)))
        if both := set(others) & set(frame["image_id"]):
            raise MelError(f"folds: external image {min(both)!r} has a fold ({len(both)} such)")
        pairs = _pairs(_NONE if barred is None else barred, frame, others)
        return cls(
            frame.sort("image_id"), len(found), seed, method, dict(inputs or {}), pairs, others
        )

    @cached_property
    def digest(self) -> str:
        """Sixteen hex digits of the map, whatever the order of the rows."""
        return digest_frame(packed(self.frame, self.barred, self.external))

    def training(self, table: ImageTable, fold: int) -> pl.DataFrame:
        """Give the table's rows that may train for a fold, external ones among them, by image_id.

        They have a further column `fold`, null for external images.
        """
        rows = table.frame.join(self.frame, on="image_id", how="left", validate="1:1")
        return rows.filter(self.may_train(rows["image_id"])[fold]).sort("image_id")

    def may_train(self, ids: pl.Series) -> NDArray[np.bool_]:
        """Tell, `(n_folds, n)`, of each of n images and each fold whether it may train it.

        An image that the map does not know, such as one of the test, trains none.
        """
        rows = pl.DataFrame({"image_id": ids}).with_row_index("row")
        own = rows.join(self.frame, on="image_id", how="inner", validate="1:1")
        shut = rows.join(self.barred, on="image_id", how="inner", validate="1:m")
        outer = ids.is_in(pl.Series(self.external, dtype=pl.String).implode()).to_numpy()
        found = np.tile(outer, (self.n_folds, 1))
        found[:, own["row"].to_numpy()] = True
        for pairs in (own, shut):
            found[pairs["fold"].to_numpy(), pairs["row"].to_numpy()] = False
        return found

    def scored(self, table: ImageTable, fold: int) -> pl.DataFrame:
        """Give the table's rows that a fold scores, with their `fold`, by image_id."""
        held_out = self.frame.filter(pl.col("fold") == fold)
        return table.train.join(held_out, on="image_id", how="inner", validate="1:1").sort(
            "image_id"
        )

    def write(self, path: Path | str) -> None:
        """Write Parquet with a header, whole or not at all.

        Raises MelError where `path` cannot be written.
        """
        header = {
            "kind": "folds",
            "digest": self.digest,
            "inputs": dict(self.inputs),
            "seed": self.seed,
            "method": self.method,
            "n_folds": self.n_folds,
        }
        write_table(Path(path), packed(self.frame, self.barred, self.external), header)

    @classmethod
    def read(cls, path: Path | str) -> Self:
        """Read and check what `write` wrote.

        Raises MelError for a file that is missing, is no fold map of mel's, or was changed by hand;
        `mel.folds.read_map` reads those that others made.
        """
        rows, header = read_table(path := Path(path), "folds")
        required(header, {"seed": int, "method": str}, str(path))
        frame, barred, external = unpacked(rows)
        folds = cls.of(
            frame,
            seed=header["seed"],
            method=header["method"],
            inputs=header["inputs"],
            barred=barred,
            external=external,
        )
        check_digest(path, header["digest"], folds.digest)
        return folds

    def covers(self, table: ImageTable) -> None:
        """Raise MelError when the folds do not hold exactly the table's train images.

        The external images must be those the folds know, too: of others it is not known which
        folds they may train.
        """
        self._same(set(self.frame["image_id"]), table, "train", "no fold")
        self._same(set(self.external), table, "external", "none of the folds' external images")

    def matches(self, table: ImageTable) -> None:
        """Raise MelError when the folds are not the table's, or leak.

        They leak where an image may train the fold that scores another image of its patient,
        lesion_id or duplicate_id, and where an external image of a test image's may train at all;
        `mel.folds.audit` lists all that do.
        """
        self.covers(table)
        if leak := first_leak(table.frame, self.frame, self.barred, self.n_folds):
            raise MelError(f"folds {self.digest}: {leak}: scores would leak; build the folds again")

    def _same(self, mine: set[str], table: ImageTable, split: str, place: str) -> None:
        theirs = set(table.frame.filter(pl.col("split") == split)["image_id"])
        if mine == theirs:
            return
        odd = min(mine ^ theirs)
        found = f"the folds but not the {split} images" if odd in mine else place
        raise MelError(
            f"folds {self.digest}: image {odd!r} is in {found} of table {table.digest} "
            f"({many(len(mine ^ theirs), 'such image')}); build the folds again"
        )


def _pairs(barred: pl.DataFrame, frame: pl.DataFrame, external: tuple[str, ...]) -> pl.DataFrame:
    """Check the barred pairs; an image's own fold needs no barring and is left out."""
    require_columns(barred, _FOLDS, "barred")
    barred = cast_columns(barred.select(*_FOLDS), _FOLDS, "barred").unique()
    if odd := set(barred["image_id"]) - set(frame["image_id"]) - set(external):
        raise MelError(
            f"folds: barred image {min(odd)!r} is in no fold ({many(len(odd), 'such image')})"
        )
    strange = barred.filter(~pl.col("fold").is_in(frame["fold"].unique().to_list()))
    if strange.height:
        raise MelError(f"folds: barred from fold {strange['fold'][0]}, which does not exist")
    own = frame.select(*_FOLDS)
    return barred.join(own, on=list(_FOLDS), how="anti").sort(*_FOLDS)
