"""An inner hold-out: images to stop early by, taken from those that train a fold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Self

import polars as pl

from mel.checks import require_columns, require_unique
from mel.errors import MelError
from mel.files import check_digest, digest_frame, read_table, required, write_table
from mel.folds.components import groups
from mel.folds.making.building import dealt
from mel.folds.making.counting import count
from mel.folds.making.refusing import require_groups
from mel.tables import Folds, ImageTable, as_table

__all__ = ["Inner", "inner"]

_PARTS = ("train", "hold-out")
_PARTED = {"image_id": pl.String, "part": pl.String}
_FINEST = 100  # shares are taken as the nearest fraction with a denominator up to this


@dataclass(frozen=True)
class Inner:
    """The images that train one fold, parted: image_id and part, "train" or "hold-out".

    Those held out are neither trained on nor scored, so that an epoch may be chosen by them: the
    fold that is scored has no say in it. `fold` is the one scored, `share` the part of the train
    images that was asked for (0 to 1), `inputs` are the digests of the images and of the folds.

    >>> from mel.tables import Folds, ImageTable
    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> folds = Folds.read("work/demo/folds.parquet")
    >>> parted = inner(table, folds, fold=0, share=0.25)
    >>> parted.frame.columns, parted.fold, len(parted.train) + len(parted.held_out)
    (['image_id', 'part'], 0, 44)
    >>> parted.write("inner.parquet")
    >>> Inner.read("inner.parquet").digest == parted.digest
    True
    """

    frame: pl.DataFrame
    fold: int
    share: float
    seed: int
    inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def train(self) -> list[str]:
        """The ids to train on, sorted."""
        return self.frame.filter(pl.col("part") == "train")["image_id"].to_list()

    @property
    def held_out(self) -> list[str]:
        """The ids to stop by, sorted."""
        return self.frame.filter(pl.col("part") == "hold-out")["image_id"].to_list()

    @cached_property
    def digest(self) -> str:
        """Sixteen hex digits of the parts, whatever the order of the rows."""
        return digest_frame(self.frame)

    def write(self, path: Path | str) -> None:
        """Write Parquet with a header, whole or not at all.

        Raises MelError where `path` cannot be written.
        """
        header = {
            "kind": "inner",
            "digest": self.digest,
            "inputs": dict(self.inputs),
            "seed": self.seed,
            "fold": self.fold,
            "share": self.share,
        }
        write_table(Path(path), self.frame, header)

    @classmethod
    def read(cls, path: Path | str) -> Self:
        """Read and check what `write` wrote.

        Raises MelError for a file that is missing, is no such table, or was changed by hand.
        """
        frame, header = read_table(path := Path(path), "inner")
        required(header, {"seed": int, "fold": int, "share": float}, str(path))
        require_columns(frame, _PARTED, str(path))
        require_unique(frame, str(path))
        if odd := set(frame["part"]) - set(_PARTS):
            raise MelError(f"{path}: unknown part {min(odd)!r}; make it again")
        found = cls(
            frame.select(*_PARTED).sort("image_id"),
            *(header[name] for name in ("fold", "share", "seed", "inputs")),
        )
        check_digest(path, header["digest"], found.digest)
        return found


def inner(
    table: ImageTable | pl.DataFrame, folds: Folds, fold: int, share: float = 0.1, seed: int = 0
) -> Inner:
    """Hold out a share of the images that train a fold, for those who stop early.

    Whole groups of train images are held out, balanced as the folds are (`mel.folds.build`) but for
    further columns; share, of the train images, is met as closely as that allows, and is taken as
    the nearest fraction with a denominator up to 100. What may not train the fold is in neither
    part. External images are never held out; those linked to one that is are left out altogether.

    Raises MelError for a fold that does not exist, a share not between 0 and 1 or below a
    hundredth, folds of other images, and when either part would lack one of the classes.

    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> folds = Folds.read("work/demo/folds.parquet")
    >>> parted = inner(table, folds, fold=0, share=0.25)
    >>> len(parted.train), len(parted.held_out)
    (34, 10)

    Guarantees: no group is in both parts, both have both classes, and neither the order of the rows
    nor the version of a library changes the parts.
    """
    table = as_table(table)
    folds.matches(table)
    shares = _shares(folds, fold, share)
    kin = groups(table.frame)
    rows = folds.training(table, fold).join(kin, on="image_id", how="left", validate="1:1")
    train = rows.filter(pl.col("split") == "train")
    require_groups(train, 2, f"{table.name}, images that train fold {fold}", "parts")
    parts = dealt(count(train), shares, seed).rename({"fold": "inner"})
    rows = rows.join(parts, on="group", how="left", validate="m:1")
    held = pl.col("inner") == 0
    rows = rows.filter((pl.col("split") == "train") | ~held.fill_null(False))
    part = pl.when(held).then(pl.lit("hold-out")).otherwise(pl.lit("train"))
    inputs = {"images": table.digest, "folds": folds.digest}
    return Inner(rows.select("image_id", part=part).sort("image_id"), fold, share, seed, inputs)


def _shares(folds: Folds, fold: int, share: float) -> tuple[int, int]:
    if not 0 <= fold < folds.n_folds:
        raise MelError(f"no fold {fold}; the map has folds 0 to {folds.n_folds - 1}")
    exact = Fraction(share).limit_denominator(_FINEST) if 0 < share < 1 else Fraction(0)
    if not 0 < exact < 1:
        raise MelError(f"share is {share}; give a number from 0.01 to 0.99")
    return exact.numerator, exact.denominator - exact.numerator
