"""What a folder of prepared images was asked for: ids, sizes, framing, quality, and its shards."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from mel.digests import digest_json
from mel.errors import MelError, many
from mel.files import read_table, required, write_table
from mel.images import Framing

__all__ = ["Plan", "keep_plan"]

_KIND = "prepare-plan"
_LARGEST = 8192  # pixels a side


@dataclass(frozen=True)
class Plan:
    """Which images go into which shard, and how they are made.

    >>> plan = Plan.of(["c", "a", "b"], sizes=[384, 256], shard_images=2)
    >>> plan.sizes, plan.shards, plan.ids_of(0), plan.name(1)
    ((256, 384), 2, ('a', 'b'), 'shard-00001-of-00002')
    """

    ids: tuple[str, ...]
    sizes: tuple[int, ...]
    framing: Framing = field(default_factory=Framing)
    quality: int = 95
    shard_images: int = 512

    @classmethod
    def of(
        cls,
        ids: Iterable[str],
        sizes: Sequence[int],
        framing: Framing | None = None,
        quality: int = 95,
        shard_images: int = 512,
    ) -> "Plan":
        """Sort ids and sizes. Raises MelError for a setting out of its range, and for no image."""
        wanted = tuple(sorted(set(sizes)))
        for size in wanted:
            _within("size", size, 1, _LARGEST)
        _within("quality", quality, 1, 100)
        _within("shard_images", shard_images, 1, 1_000_000)
        if not wanted:
            raise MelError("prepare: no size is given; give at least one, such as 256")
        if not (names := tuple(sorted(ids))):
            raise MelError("prepare: the table holds no image; load a competition that does")
        return cls(names, wanted, framing or Framing(), quality, shard_images)

    @property
    def settings(self) -> dict[str, Any]:
        """All but the ids, as plain values."""
        return {
            "sizes": list(self.sizes),
            **asdict(self.framing),
            "quality": self.quality,
            "shard_images": self.shard_images,
        }

    @cached_property
    def digest(self) -> str:
        """Sixteen hex digits of the ids and the settings."""
        return digest_json([self.ids, self.settings])

    @property
    def shards(self) -> int:
        """How many shards there are; all but the last hold `shard_images` images."""
        return -(-len(self.ids) // self.shard_images)

    def name(self, shard: int) -> str:
        """Give the name of a shard's files, without what comes after the point."""
        return f"shard-{shard:05d}-of-{self.shards:05d}"

    def records(self, folder: Path, shard: int, size: int) -> Path:
        """Give the TFRecord file of a shard at a size."""
        return folder / str(size) / f"{self.name(shard)}.tfrec"

    def part(self, folder: Path, shard: int) -> Path:
        """Give the file that says that a shard is done, and of what."""
        return folder / "parts" / f"{self.name(shard)}.parquet"

    def ids_of(self, shard: int) -> tuple[str, ...]:
        """Give the ids of a shard, in their order."""
        return self.ids[shard * self.shard_images : (shard + 1) * self.shard_images]


def _within(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise MelError(f"prepare: {name} is {value}; give a whole number from {least} to {most}")


def keep_plan(plan: Plan, folder: Path) -> None:
    """Write the plan into a new folder; refuse a folder that was begun with another plan.

    Raises MelError naming the first setting that differs, or an image that one of them lacks; and
    for a plan that is damaged, since nothing then says what the folder holds.
    """
    path = folder / "plan.parquet"
    if path.exists():
        _same(plan, path, folder)
    else:
        header = {"kind": _KIND, "settings": plan.settings, "plan": plan.digest}
        write_table(path, pl.DataFrame({"image_id": plan.ids}), header)


def _same(plan: Plan, path: Path, folder: Path) -> None:
    way = "give --out another folder, or remove this one to prepare all again"
    try:
        frame, header = read_table(path, _KIND)
        required(header, {"settings": dict, "plan": str}, str(path))
    except MelError as error:
        reason = str(error).removeprefix(f"{path}: ").partition(";")[0]
        raise MelError(f"{folder}: its {path.name} {reason}; {way}") from None
    if header["plan"] == plan.digest:
        return
    for name, now in plan.settings.items():
        then = header["settings"].get(name)
        if now != then:
            raise MelError(f"{folder}: was prepared with {name} {then}, now it is {now}; {way}")
    odd = set(frame["image_id"]) ^ set(plan.ids)
    if not odd:  # the order of equal ids: a plan that a hand made
        raise MelError(f"{folder}: its plan is not as mel writes it; {way}")
    place = "is new in the table" if min(odd) in set(plan.ids) else "is no longer in the table"
    raise MelError(f"{folder}: image {min(odd)!r} {place} ({many(len(odd), 'such image')}); {way}")
