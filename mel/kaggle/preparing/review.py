"""What an earlier run has done: the shards to keep, those to make, and the originals changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from mel.errors import ImageError, MelError, many
from mel.images import fetch
from mel.kaggle.preparing.picture import STAMP, stamp_content, stamp_file
from mel.kaggle.preparing.plan import Plan
from mel.kaggle.preparing.shard import Part, read_part
from mel.progress import say

__all__ = ["Review", "review"]


@dataclass(frozen=True)
class Review:
    """The shards that stand, and the numbers of those to be made."""

    kept: dict[int, Part]
    todo: list[int]


def review(plan: Plan, folder: Path, paths: Mapping[str, str], *, refresh: bool) -> Review:
    """Look at every shard; a finished one is kept unless something of it changed.

    A shard that is gone or has another length is made again, and so is one with a broken original
    that has changed since. Raises MelError naming the first of the good originals that changed,
    unless `refresh`: then their shards, and all that hold a broken one, are made again.
    """
    kept: dict[int, Part] = {}
    changed: dict[str, int] = {}
    for shard in range(plan.shards):
        part = _standing(plan, folder, shard)
        if part is None:
            continue
        broken = set(part.frame.filter(pl.col("reason").is_not_null())["image_id"])
        now = _changed(part.frame, paths)
        changed |= {image_id: shard for image_id in now if image_id not in broken}
        if not (broken if refresh else broken & set(now)):
            kept[shard] = part
    if changed and not refresh:
        raise _mixed(changed, paths, folder, plan)
    for shard in changed.values():
        kept.pop(shard, None)
    return Review(kept, [shard for shard in range(plan.shards) if shard not in kept])


def _standing(plan: Plan, folder: Path, shard: int) -> Part | None:
    if not plan.part(folder, shard).exists():
        return None
    try:
        return read_part(plan, folder, shard)
    except MelError as error:
        say(f"{error} (that is done now)")
        return None


def _changed(frame: pl.DataFrame, paths: Mapping[str, str]) -> list[str]:
    """Give the images whose originals are not what they were.

    A file of the same length and time is taken for the same; one of another time is read, since a
    copy of the same pictures is no change.
    """
    found = []
    for image_id, *then in frame.select("image_id", *STAMP).iter_rows():
        now = stamp_file(paths[image_id])
        if list(now.values()) != then[:2] and not _same_content(paths[image_id], now, then):
            found.append(image_id)
    return found


def _same_content(reference: str, now: dict[str, int | None], then: list[int | None]) -> bool:
    file_bytes, _, source_bytes, source_crc = then
    if source_bytes is None or (file_bytes == source_bytes != now["file_bytes"]):
        return False
    try:
        content = fetch(reference)
    except ImageError:
        return False
    return list(stamp_content(content).values()) == [source_bytes, source_crc]


def _mixed(
    changed: Mapping[str, int], paths: Mapping[str, str], folder: Path, plan: Plan
) -> MelError:
    first = min(changed)
    return MelError(
        f"{paths[first]}: image {first!r} is not what it was when {plan.name(changed[first])} in "
        f"{folder} was made ({many(len(changed), 'such image')}); --refresh makes "
        "their shards again"
    )
