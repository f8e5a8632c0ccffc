"""What else is worth a line when a competition is loaded: what is odd and yet no error."""

from collections.abc import Sequence

import polars as pl

from mel.errors import many
from mel.kaggle import duplicates
from mel.kaggle.sources import Source

__all__ = ["note_conflicts", "note_left_out", "note_meanings", "note_seen", "note_unused"]


def note_left_out(left_out: pl.DataFrame) -> list[str]:
    """Count the images left out, a line for each source and reason."""
    counts = left_out.group_by("source", "reason").agg(pl.len(), pl.col("image_id").min())
    return [
        f"{source}: {many(count, 'image')} left out, such as {first}, which {reason}"
        for source, reason, count, first in counts.sort("source", "reason").iter_rows()
    ]


def note_unused(sources: Sequence[Source], frames: Sequence[pl.DataFrame]) -> list[str]:
    """Count, for each source, the image files that no row of its frame names."""
    counts = {s.name: s.unused(frame) for s, frame in zip(sources, frames, strict=True)}
    return [
        f"{name}: {many(count, 'image file')} not in its tables, and not used"
        for name, count in counts.items()
        if count
    ]


def note_conflicts(frame: pl.DataFrame) -> list[str]:
    """Note the copies of one picture whose targets differ: one of them must be wrong."""
    odd = duplicates.conflicts(frame) if "duplicate_id" in frame.columns else frame.clear()
    if not odd.height:
        return []
    groups, first = odd["duplicate_id"].n_unique(), odd["image_id"][0]
    return [f"copies with both targets: {many(groups, 'group')}, such as that of {first}"]


def note_seen(frame: pl.DataFrame) -> list[str]:
    """Note the train images that are copies of test images: scores on these would flatter."""
    if "duplicate_id" not in frame.columns:
        return []
    tested = frame.filter(split="test").select("duplicate_id").drop_nulls()
    seen = (
        frame.filter(split="train").join(tested, on="duplicate_id", how="semi")["image_id"].sort()
    )
    if not seen.len():
        return []
    return [
        f"copies of test images that train: {many(seen.len(), 'image')}, such as {seen[0]}; "
        "data.drop_duplicates = true leaves them out"
    ]


def note_meanings(sources: Sequence[Source]) -> list[str]:
    """Note an external source whose target means something else than the main one's."""
    main, *others = sources
    return [
        f"{other.name}: a target of 1 means {' or '.join(other.meaning)}, in {main.name} "
        f"{' or '.join(main.meaning)}; set its positive_diagnoses where that shall be the same"
        for other in others
        if other.meaning and main.meaning and set(other.meaning) != set(main.meaning)
    ]
