"""`mel kaggle`: a competition's files, real or synthetic."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import fill
from typing import Annotated

import typer

from mel.cli import options, show

__all__ = ["app"]

_WIDE = 80  # columns of a terminal
_MOST = 20  # surprising pairs that are printed

app = options.room("Competition files, real or synthetic.", "mel kaggle synth --out competition")


@app.command(**options.example("mel kaggle synth --out competition --tiny"))
def synth(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write.")],
    tiny: Annotated[bool, typer.Option("--tiny", help="120 images instead of 1,500.")] = False,
    seed: options.Seed = 0,
) -> None:
    """Write a synthetic competition in the layout of SIIM-ISIC 2020."""
    from mel import kaggle

    show.line(f"{kaggle.synth(out, size='tiny' if tiny else 'full', seed=seed)} (synthetic)")


@app.command(**options.example("mel kaggle load recipes/demo.toml --data competition --work work"))
def load(recipe: options.Recipe, data: options.Data, work: options.WorkDir) -> None:
    """Read and check a competition's tables and image files into a work folder.

    Words for sex, site or diagnosis that mel's vocabularies do not have are missing in the table,
    and listed.
    """
    from mel import pipeline

    pipeline.only(recipe, work, "load", data)
    show.facts(pipeline.facts(work))
    if unmapped := pipeline.unmapped(work):
        show.line()
        show.table(list(unmapped[0]), [list(row.values()) for row in unmapped])


@app.command(
    **options.example("mel kaggle download siim-isic-melanoma-classification --out competition")
)
def download(
    competition: Annotated[
        str, typer.Argument(metavar="COMPETITION", help="Its name, or the address of its page.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder for its files.")
    ] = None,
    file: Annotated[
        list[str] | None, typer.Option("--file", metavar="NAME", help="Only this file; repeat.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only check; download nothing.")] = False,
    no_unzip: Annotated[bool, typer.Option("--no-unzip", help="Keep Kaggle's archives.")] = False,
    patience: Annotated[
        float,
        typer.Option("--patience", min=1, metavar="S", help="Seconds of silence to bear."),
    ] = 360.0,
) -> None:
    """Download a competition with Kaggle's own client, after checking that it can.

    The client comes with mel's extra "kaggle"; its credentials are KAGGLE_API_TOKEN or
    ~/.kaggle/access_token, else kaggle.json or KAGGLE_USERNAME and KAGGLE_KEY. Files that are there
    as Kaggle lists them are not fetched again; others of the same name are replaced. A killed run
    goes on. --check tells what is missing, with status 2 if anything is.
    """
    from mel import kaggle

    if check:
        checks = kaggle.client.check(competition, patience)
        rows = [(c.name, c.state, _brief(c.detail, c.state)) for c in checks]
        show.table(("check", "state", "found"), rows)
        kaggle.client.require(checks)
        return
    if out is None:
        raise typer.BadParameter("give the folder for the files: --out DIR")
    done = kaggle.download(competition, out, file or (), unzip=not no_unzip, patience=patience)
    show.facts(
        {"folder": done.folder, "files": f"{done.files:,}", "bytes": f"{done.bytes:,}"}
        | {"fetched": f"{done.fetched:,}"}
    )


@app.command(**options.example("mel kaggle prepare --work work --size 256 --size 384"))
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


@app.command(**options.example("mel kaggle explore --work work"))
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
    show.facts(_hanging(said))
    show.line()
    rows = [(*numbers, words.partition(":")[0]) for *numbers, words in found.audit]
    show.table(("without a picture", "AUC", "95 % interval", "in a word"), rows)
    show.line()
    show.line(fill(found.findings["shortcuts"], _WIDE))
    show.line()
    show.line(str(found.report))


@app.command(**options.example("mel kaggle duplicates --work work --report"))
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
    show.line(fill(found.advice, _WIDE))


def _brief(detail: str, state: str) -> str:
    """What failed, without what to do about it: the line of the error says that."""
    return detail.partition(";")[0] if state == "failed" else detail


def _hanging(values: Mapping[str, str]) -> dict[str, str]:
    """Break sentences for a terminal, each line under the first of its own."""
    indent = " " * (max(map(len, values)) + 2)
    wrapped = {
        name: fill(text, _WIDE, initial_indent=indent, subsequent_indent=indent)
        for name, text in values.items()
    }
    return {name: text.removeprefix(indent) for name, text in wrapped.items()}
