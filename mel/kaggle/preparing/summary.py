"""What a preparation did: counts, the broken and the enlarged, and how fast it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import polars as pl

from mel.errors import MelError
from mel.kaggle.preparing.finish import BROKEN
from mel.kaggle.preparing.index import Prepared
from mel.kaggle.preparing.plan import Plan
from mel.kaggle.preparing.shard import Part

__all__ = ["BrokenImagesError", "Preparation"]


class BrokenImagesError(MelError):
    """Some originals are broken; all others are prepared. Commands exit with status 1."""

    exit_code = 1


@dataclass(frozen=True)
class Preparation:
    """What a run of `prepare` did.

    images: how many the table has; made: how many were decoded by this run; shards: how many
    there are and how many this run made; broken: image_id, path and reason; enlarged: by size (in
    pixels), how many originals are smaller than it (before borders are trimmed); seconds: of this
    run.

    >>> from mel.kaggle import prepare
    >>> from mel.tables import ImageTable
    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> for _ in range(2):  # what is there is not decoded again
    ...     done = prepare(table, "work/twice", sizes=[16])
    ...     print(done.images, done.made, done.shards)
    120 120 (1, 1)
    120 0 (1, 0)
    """

    folder: Path
    images: int
    made: int
    shards: tuple[int, int]
    broken: pl.DataFrame
    enlarged: dict[int, int]
    seconds: float

    @classmethod
    def of(
        cls,
        plan: Plan,
        folder: Path,
        parts: Mapping[int, Part],
        broken: pl.DataFrame,
        made: Mapping[int, Part],
        seconds: float,
    ) -> Self:
        """Count what the parts of all shards and those made by this run say."""
        rows = pl.concat(part.frame for part in parts.values())
        side = pl.max_horizontal if plan.framing.fit == "pad" else pl.min_horizontal
        sides = rows.select(side("width", "height")).to_series()
        return cls(
            folder,
            len(plan.ids),
            sum(part.frame.height for part in made.values()),
            (plan.shards, len(made)),
            broken,
            {size: int((sides < size).sum()) for size in plan.sizes},
            seconds,
        )

    def prepared(self, size: int) -> Prepared:
        """Open the prepared images of one size."""
        return Prepared.read(self.folder, size)

    def as_dict(self) -> dict[str, Any]:
        """Give plain data, as `mel kaggle prepare --json` has it."""
        shards, new = self.shards
        return {
            "folder": str(self.folder),
            "images": self.images,
            "made": self.made,
            "shards": {"all": shards, "made": new},
            "broken": self.broken.to_dicts(),
            "enlarged": {str(size): count for size, count in self.enlarged.items()},
            "seconds": self.seconds,
        }

    @property
    def facts(self) -> dict[str, str]:
        """The summary for people, a line each."""
        shards, new = self.shards
        pace = f", {self.made / self.seconds:,.1f} images/s" if self.made else ""
        return {
            "images": f"{self.images - self.broken.height:,} prepared, {self.broken.height} broken",
            "shards": f"{shards} a size: {new} made now, {shards - new} kept",
            "enlarged": ", ".join(f"{n:,} at {size}" for size, n in self.enlarged.items()),
            "time": f"{self.seconds // 60:.0f}:{self.seconds % 60:04.1f}{pace}",
            "folders": ", ".join(str(self.folder / str(size)) for size in self.enlarged),
            "use": f"mel.kaggle.repath(table, mel.kaggle.Prepared.read({str(self.folder)!r}, "
            f"{min(self.enlarged)}))",
        }

    def refuse_broken(self) -> None:
        """Raise BrokenImagesError, naming the first and their list, if any original is broken."""
        if self.broken.height:
            first, _, reason = self.broken.row(0)
            raise BrokenImagesError(
                f"{self.folder / BROKEN}: {self.broken.height} of {self.images:,} images are "
                f"broken, the first {first!r}: {reason}; the others are done: mend these and run "
                "again, or give --skip-broken"
            )
