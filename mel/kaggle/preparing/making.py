"""Preparing a competition's images: every original once, in shards that outlive a kill."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Literal, TypedDict

import polars as pl

from mel.checks import require_columns, require_unique
from mel.errors import MelError, many
from mel.images import Framing
from mel.kaggle.preparing.claim import claimed, sweep
from mel.kaggle.preparing.finish import finish, unfinish
from mel.kaggle.preparing.picture import Picture, prepare_picture
from mel.kaggle.preparing.plan import Plan, keep_plan
from mel.kaggle.preparing.pool import cores, in_order
from mel.kaggle.preparing.review import Review, review
from mel.kaggle.preparing.shard import Part, write_shard
from mel.kaggle.preparing.summary import Preparation
from mel.progress import Ticker, progress, say
from mel.tables import ImageTable

__all__ = ["PrepareOptions", "prepare"]


class PrepareOptions(TypedDict, total=False):
    """The options of `prepare`, none of them needed, for who hands them on.

    >>> options: PrepareOptions = {"fit": "pad", "quality": 90}
    """

    fit: Literal["crop", "pad", "squash"]
    trim_borders: bool
    colour_constancy: bool
    quality: int
    shard_images: int
    workers: int | None
    skip_broken: bool
    refresh: bool


def prepare(
    table: ImageTable | pl.DataFrame,
    out: Path | str,
    sizes: Sequence[int],
    *,
    fit: Literal["crop", "pad", "squash"] = "crop",
    trim_borders: bool = False,
    colour_constancy: bool = False,
    quality: int = 95,
    shard_images: int = 512,
    workers: int | None = None,
    skip_broken: bool = False,
    refresh: bool = False,
) -> Preparation:
    """Decode every original once and write it at all `sizes` (pixels) into TFRecords in `out`.

    `table` has image_id and path (references, see `mel.images`). `out/256` gets the shards of size
    256, each with `shard_images` images in the order of their ids, and `index.parquet`, which
    `Prepared.read` opens. A record is a tf.train.Example of `image` (JPEG of `quality`),
    `image_name`, and the original's `width` and `height` in pixels; it holds no label, which are
    joined by id from the table and so never stale. `fit`, `trim_borders` and `colour_constancy`
    are those of `mel.images.Framing`. `workers` threads are one a core by default.

    A run that was stopped goes on at the first shard that is missing; finished ones are not
    touched. The files are the same to the byte whatever was stopped, whatever the number of
    workers and the order of the rows. Broken originals are listed in `out/broken.csv` and tried
    again only once they changed, or with `refresh`, which also makes the shards of good originals
    that changed again.

    Raises BrokenImagesError at the end, when all else is done, if any original is broken, unless
    `skip_broken`; MelError when `out` was begun with other settings, ids or originals, naming the
    first, and when it cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> with TemporaryDirectory() as folder:
    ...     Image.new("RGB", (60, 40)).save(f"{folder}/a.png")
    ...     rows = pl.DataFrame({"image_id": ["a"], "path": [f"{folder}/a.png"]})
    ...     done = prepare(rows, f"{folder}/out", sizes=[16, 32])
    ...     done.enlarged, (done.folder / "32/shard-00000-of-00001.tfrec").is_file()
    ({16: 0, 32: 0}, True)
    """
    frame, digest = _images(table)
    framing = Framing(fit, trim_borders, colour_constancy)
    plan = Plan.of(frame["image_id"], sizes, framing, quality, shard_images)
    threads = cores() if workers is None else workers
    if threads < 1:
        raise MelError(f"prepare: workers is {threads}; give at least 1")
    folder, begun = Path(out), time.monotonic()
    paths = dict(frame.select("image_id", "path").iter_rows())
    with claimed(folder):
        keep_plan(plan, folder)
        sweep(plan, folder)
        found = review(plan, folder, paths, refresh=refresh)
        _tell(found, plan, folder)
        made = _make(plan, folder, found, paths, threads)
        parts = found.kept | made
        broken = finish(plan, folder, parts, paths, digest)
    done = Preparation.of(plan, folder, parts, broken, made, time.monotonic() - begun)
    if not skip_broken:
        done.refuse_broken()
    return done


def _images(table: ImageTable | pl.DataFrame) -> tuple[pl.DataFrame, str | None]:
    """Give image_id and path of every image, and the digest of the table where it has one."""
    frame = table.frame if isinstance(table, ImageTable) else table
    digest = table.digest if isinstance(table, ImageTable) else None
    require_columns(frame, ("image_id", "path"), "prepare")
    require_unique(frame, "prepare")
    bare = frame.filter(pl.col("path").fill_null("") == "")
    if bare.height:
        raise MelError(
            f"prepare: image {bare['image_id'][0]!r} has no path "
            f"({many(bare.height, 'such image')}); a table without pictures cannot be prepared"
        )
    return frame.select(pl.col("image_id", "path").cast(pl.String)), digest


def _tell(found: Review, plan: Plan, folder: Path) -> None:
    if not found.kept:
        return
    say(f"{folder}: {len(found.kept)} of {many(plan.shards, 'shard')} done and kept")
    if broken := sum(part.frame["reason"].count() for part in found.kept.values()):
        say(f"{folder}: {many(broken, 'broken image')} not changed since; --refresh tries again")


def _make(
    plan: Plan, folder: Path, found: Review, paths: dict[str, str], workers: int
) -> dict[int, Part]:
    """Make the missing shards one after another; the threads are ahead of the one written."""
    if not found.todo:
        return {}
    unfinish(plan, folder)
    ids = [image_id for shard in found.todo for image_id in plan.ids_of(shard)]
    one = partial(_one, plan=plan, paths=paths)
    label = f"prepare at {', '.join(map(str, plan.sizes))}"
    with (
        progress(label, len(ids), "images") as tick,
        closing(in_order(one, ids, workers)) as pictures,
    ):
        counted = _counted(pictures, tick)
        return {
            shard: write_shard(plan, folder, shard, islice(counted, len(plan.ids_of(shard))))
            for shard in found.todo
        }


def _one(image_id: str, plan: Plan, paths: dict[str, str]) -> Picture:
    return prepare_picture(image_id, paths[image_id], plan)


def _counted(pictures: Iterator[Picture], tick: Ticker) -> Iterator[Picture]:
    broken = 0
    for picture in pictures:
        broken += not picture.records
        tick(note=f"{broken} broken" if broken else "")
        yield picture
