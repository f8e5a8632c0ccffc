"""All shards -> one file, sorted by image_id, in the memory of a few thousand rows."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from mel.errors import MelError
from mel.files import atomic
from mel.submit.batch.listing import Listed

__all__ = ["BLOCK", "Tally", "join"]

BLOCK = 20_000  # rows that are sorted at a time


@dataclass
class Tally:
    """What is counted while rows go by.

    images; broken, and the first of them by id with its fault; how often each variant and each
    flag was there.
    """

    images: int = 0
    broken: int = 0
    first_broken: tuple[str, str] | None = None
    variants: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)

    def count(self, rows: pl.DataFrame) -> None:
        """Count rows, which come sorted by id."""
        self.images += rows.height
        broken = rows.filter(pl.col("fault").is_not_null())
        if broken.height and self.first_broken is None:
            self.first_broken = (broken["image_id"][0], broken["fault"][0])
        self.broken += broken.height
        self.variants.update(_counted(rows["variant"].drop_nulls()))
        flags = rows["flags"].drop_nulls()
        self.flags.update(_counted(flags.str.split("; ").explode()))


def _counted(words: pl.Series) -> Mapping[str, int]:
    found = words.alias("word").value_counts()
    return dict(found.iter_rows())


def join(files: Sequence[Path], listed: Listed, out: Path, *, block: int = BLOCK) -> Tally:
    """Write all rows to `out`, .csv or .parquet, sorted by image_id; give what was counted.

    Raises MelError where an image is missing or there twice, and for a place that cannot be
    written.
    """
    tally = Tally()
    with atomic(out) as temporary:
        try:
            blocks = _blocks(files, listed, block, tally)
            if out.suffix == ".csv":
                _csv(blocks, temporary)
            else:
                _parquet(blocks, temporary, files[0].parent)
        except pl.exceptions.ComputeError as error:  # polars' name for a disk that is full
            raise OSError(str(error)) from error
    return tally


def _blocks(
    files: Sequence[Path], listed: Listed, block: int, tally: Tally
) -> Iterator[pl.DataFrame]:
    """Give the rows of some thousand ids after one another: each time, all shards are read."""
    rows = pl.scan_parquet(list(files), glob=False, hive_partitioning=False)
    for ids in listed.ids(block):
        within = pl.col("image_id").is_between(pl.lit(ids[0]), pl.lit(ids[-1]))
        found = rows.filter(within).collect(engine="streaming").sort("image_id")
        if found["image_id"].to_list() != ids:
            odd = set(ids) ^ set(found["image_id"]) or set(ids)
            raise MelError(
                f"{files[0].parent}: its shards do not hold image {min(odd)!r} exactly once; "
                "delete it and score again"
            )
        tally.count(found)
        yield found


def _csv(blocks: Iterator[pl.DataFrame], path: Path) -> None:
    with path.open("wb") as file:
        for number, rows in enumerate(blocks):
            rows.write_csv(file, include_header=number == 0)


def _parquet(blocks: Iterator[pl.DataFrame], path: Path, folder: Path) -> None:
    """Write each block, then all of them into one file, a row group a block."""
    made = []
    for number, rows in enumerate(blocks):
        made.append(folder / f"block-{number:06d}.parquet")
        rows.write_parquet(made[-1])
    whole = pl.scan_parquet(made, glob=False, hive_partitioning=False)
    whole.sink_parquet(path, maintain_order=True, row_group_size=BLOCK)
    for block in made:
        block.unlink()
