"""`mel kaggle prepare`, `explore` and `duplicates`: what is done with pictures that are loaded."""

from pathlib import Path
from typing import Annotated

import typer

from mel.cli import options, show

__all__ = ["add_to"]

_MOST = 20  # surprising pairs that are printed


def add_to(app: typer.Typer) -> None:
    """Add the commands to those of `mel kaggle`."""
    app.command(**options.example("mel kaggle prepare --work work --size 256 --size 384"))(prepare)
    app.command(**options.example("mel kaggle explore --work work"))(explore)
    app.command(**options.example("mel kaggle duplicates --work work --report"))(duplicates)


def prepare(
    work: options.WorkDir,
    size: Annotated[list[int], typer.Option("--size", metavar="N", help="Pixels a side; repeat.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="By default WORK/prepared.")
    ] = None,
    fit: Annotated[
        str, typer.Option("--fit", metavar="WAY", help="To a square: crop, pad or squash.")
    ] = "crop",
    trim_borders: Annotated[
        bool, typer.Option("--trim-borders", help="Cut dark rims off first.")
    ] = False,
    colour_constancy: Annotated[
        bool, typer.Option("--colour-constancy", help="Take the light's colour out.")
    ] = False,
    quality: Annotated[int, typer.Option("--quality", metavar="Q", help="Of the JPEGs.")] = 95,
    shard_images: Annotated[
        int, typer.Option("--shard-images", metavar="N", help="Images a shard.")
    ] = 512,
    workers: Annotated[
        int | None, typer.Option("--workers", metavar="N", help="Threads; by default one a core.")
    ] = None,
    skip_broken: Annotated[
        bool, typer.Option("--skip-broken", help="End with status 0 in spite of broken images.")
    ] = False,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Make shards of changed or broken images again.")
    ] = False,
) -> None:
    """Decode every image once, for all sizes, into TFRecords that a stopped run goes on with.

    The records hold no label: those are joined by id from the table, and so never stale. Broken
    images are listed in broken.csv; the run goes on, and ends with status 1 after all others.
    """
    from mel import pipeline

    done = pipeline.prepare(
        work,
        size,
        out,
        fit=fit,
        trim_borders=trim_borders,
        colour_constancy=colour_constancy,
        quality=quality,
        shard_images=shard_images,
        workers=workers,
        skip_broken=True,
        refresh=refresh,
    )
    show.facts(done.facts)
    if not skip_broken:
        done.refuse_broken()


def explore(
    work: options.WorkDir,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="By default WORK/explore.")
    ] = None,
    examples: Annotated[
        int, typer.Option("--examples", min=0, metavar="N", help="Pictures of each diagnosis.")
    ] = 8,
    no_headers: Annotated[
        bool, typer.Option("--no-headers", help="Read no image file's header.")
    ] = False,
    seed: options.Seed = 0,
) -> None:
    """Look at the loaded images: counts, gaps, copies, and what a model could cheat with.

    Writes report.html, one page with everything on it, figures/*.png and explore.json. The shortcut
    audit scores LightGBM on metadata, image sizes and file properties alone, on patient folds.
    """
    from mel import pipeline

    found = pipeline.explore(work, out, examples=examples, headers=not no_headers, seed=seed)
    said = {topic: found.findings[topic] for topic in ("counts", "missing", "copies", "shift")}
    if broken := found.numbers.measured.broken:
        said["broken"] = (
            f"{len(broken):,} without a readable header, the first {broken[0]}; "
            "mel kaggle duplicates says why."
        )
    show.facts(show.hanging(said))
    show.line()
    rows = [(*numbers, words.partition(":")[0]) for *numbers, words in found.audit]
    show.table(("without a picture", "AUC", "95 % interval", "in a word"), rows)
    show.line()
    show.line(show.filled(found.findings["shortcuts"]))
    show.line()
    show.line(str(found.report))


def duplicates(
    work: options.WorkDir,
    threshold: Annotated[
        float | None,
        typer.Option("--threshold", metavar="X", help="Largest distance of a pair, 0 to 1."),
    ] = None,
    lists: Annotated[
        list[Path] | None,
        typer.Option("--list", metavar="FILE.csv", help="A published list of pairs; repeat."),
    ] = None,
    report: Annotated[
        bool, typer.Option("--report", help="Also draw the pairs to look at: duplicates.png.")
    ] = False,
) -> None:
    """Find exact and near copies among the loaded images, in any orientation.

    The pairs go to duplicates.parquet in the work folder. The first run reads every picture, a
    later one only those that changed. Broken pictures are listed and left out.
    """
    from mel import pipeline

    given = {} if threshold is None else {"threshold": threshold}
    found = pipeline.find_copies(work, lists=lists or (), report=report, **given)
    if found.broken.height:
        show.table(("broken image", "why"), found.broken.select("image_id", "reason").rows())
        show.line()
    odd = found.review.surprising.select("image_id_1", "image_id_2", "distance").rows()
    if odd:
        rows = [(*row, why) for row, why in zip(odd, found.review.reasons, strict=True)]
        show.table(("image", "copy", "distance", "surprising"), rows[:_MOST])
        if len(rows) > _MOST:
            show.line(f"… and {len(rows) - _MOST:,} more; {found.pairs} has them all")
        show.line()
    show.facts(found.facts)
    show.line()
    show.line(show.filled(found.advice))
