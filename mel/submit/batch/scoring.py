"""Score a batch: list, look, judge, keep, shard after shard, and join all at the end."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import tee
from pathlib import Path
from typing import Any, Literal

from mel import __version__
from mel.errors import MelError, many
from mel.files import write_json
from mel.process import keep_freed
from mel.progress import progress, say
from mel.submit.batch.columns import rows, types
from mel.submit.batch.joining import join
from mel.submit.batch.listing import Span
from mel.submit.batch.pictures import Stamped, refuse_input, stamped
from mel.submit.batch.place import Parts, claimed, prepared
from mel.submit.batch.reading import Rows
from mel.submit.batch.summary import Summary
from mel.submit.scoring import Looked, Scorer, check_variant

__all__ = ["SHARD", "score"]

SHARD = 2048  # images; what a kill costs at most, and what is in memory
_SUFFIXES = (".parquet", ".csv")


def score(
    bundle: Scorer | Path | str,
    images: Rows,
    out: Path | str,
    *,
    meta: Rows | None = None,
    shard: int = SHARD,
    variant: str = "auto",
    precision: Literal["auto", "float32", "bfloat16"] = "auto",
    threads: int | None = None,
) -> Summary:
    """Score images with a bundle, into `out`: .parquet or .csv, a row an image, `COLUMNS` first.

    After `COLUMNS` come a column a member with its score, and the stack's. Rows are sorted by
    image_id, whatever the order of the list.

    `images` is a folder of .jpg, .jpeg, .png and .dcm files (ids are their names without suffix), a
    .txt file with a path a line, a .csv or .parquet file with image_id and path (a path is taken
    from that file's folder on), an ImageTable or a frame. A list may have patient_id, age, sex and
    site as well, or `meta` has them: any of these, joined by image_id. `bundle` is its file, or a
    Scorer that is open; of a file, `precision` and `threads` (by default all cores) are those of
    `Scorer.open`.

    `variant` "auto" judges two or more images of one patient in each other's context and any other
    image by itself; "context" also the only image of a patient, as `mel tabular train` does: by the
    variant that the recipe names (`tabular.scores`), a work folder's test images get the scores of
    its test.parquet. "single" judges each by itself.

    Images are scored in shards of `shard`, kept in `out`.parts until the end: after a kill, the
    same call goes on; a shard is scored anew where the size or date of one of its pictures has
    changed. A patient's images are in one shard, which is larger where they are more. Memory does
    not grow with the number of images. A summary is written to `out`.json.

    Raises MelError for another suffix, an `out` that is read, a place that cannot be written or
    where another process scores, what the bundle or the list must not be, and where not one image
    can be read; that only after all rows were written.

    >>> import polars as pl
    >>> found = score("work/demo/demo.mel", "work/demo/competition/jpeg/test", "work/scores.csv")
    >>> found.scored, found.synthetic
    (36, True)
    >>> pl.read_csv("work/scores.csv").columns[:6]
    ['image_id', 'probability', 'low', 'high', 'score', 'percentile']
    """
    out = Path(out)
    if out.suffix not in _SUFFIXES:
        raise MelError(f"{out}: unknown suffix; give a file that ends in .parquet or .csv")
    if shard < 1:
        raise MelError(f"shard: {shard}; give at least 1 image")
    if out.is_dir():
        raise MelError(f"{out}: is a folder; name a file")
    check_variant(variant)
    refuse_input(out, (bundle.bundle.path if isinstance(bundle, Scorer) else bundle, images, meta))
    keep_freed()
    with claimed(out) as folder:
        scorer = bundle if isinstance(bundle, Scorer) else Scorer.open(bundle, precision, threads)
        types(_scored(scorer))
        parts = prepared(folder, images, meta, shard, _settings(scorer, variant))
        todo = parts.todo()
        _say_start(parts, todo)
        start = time.monotonic()
        _scored_all(scorer, parts, todo, variant)
        seconds = time.monotonic() - start
        tally = join(parts.files, parts.listed, out)
        fresh = sum(last - first + 1 for _, (first, last) in todo)
        facts = (scorer.digest, scorer.name, scorer.engine, scorer.synthetic)
        found = Summary(out, tally, parts.listed.met, variant, fresh, seconds, *facts)
        write_json(out.with_name(f"{out.name}.json"), found.as_dict())
        parts.remove()
    return _checked(found)


def _settings(scorer: Scorer, variant: str) -> dict[str, Any]:
    """Give what decides scores besides the list."""
    said = scorer.engine
    return {
        "mel": __version__,
        "bundle": scorer.digest,
        "engine": said["engine"],
        "precision": said["precision"],
        "batch": scorer.batch,
        "variant": variant,
    }


def _scored(scorer: Scorer) -> tuple[str, ...]:
    return (*scorer.members, *([scorer.stack] if scorer.stack else []))


def _say_start(parts: Parts, todo: list[tuple[Path, Span]]) -> None:
    patient, count = parts.listed.largest
    if count > SHARD:
        say(f"patient {patient!r} has {count:,} images, which are kept in one shard")
    done = len(parts.files) - len(todo)
    if done:
        say(f"{parts.folder}: {done:,} of {many(len(parts.files), 'shard')} done already; going on")


def _scored_all(scorer: Scorer, parts: Parts, todo: list[tuple[Path, Span]], variant: str) -> None:
    """Look at one shard after another; each is judged and kept while the next is looked at."""
    if not todo:
        return
    scored = _scored(scorer)
    ahead, again = tee(stamped(parts.listed.frames([span for _, span in todo])))
    frames = (frame for frame, _ in ahead)

    def keep(path: Path, known: Stamped, looked: Looked) -> None:
        frame, pictures = known
        judged = scorer.judge(frame, looked, variant)
        parts.write(path, rows(judged, looked, scored), pictures)

    total = sum(last - first + 1 for _, (first, last) in todo)
    with progress("score", total, "images") as tick, ThreadPoolExecutor(1) as pool:
        judging: Future[None] | None = None
        for (path, _), looked in zip(todo, scorer.looks(frames, tick), strict=True):
            if judging:
                judging.result()
            judging = pool.submit(keep, path, next(again), looked)
        if judging:
            judging.result()


def _checked(found: Summary) -> Summary:
    if found.tally.first_broken and not found.scored:
        name, why = found.tally.first_broken
        raise MelError(f"{found.out}: not one image could be read (first: {name}: {why})")
    return found
