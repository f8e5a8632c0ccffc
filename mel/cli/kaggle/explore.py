"""`mel kaggle explore`."""

from pathlib import Path
from typing import Annotated

import typer

from mel.cli import options, show
from mel.cli.page import Page

__all__ = ["explore"]

_Json = Annotated[
    bool,
    options.as_json(
        "report, findings, counts, missing, patients, contradictions, rates, shift, copies, "
        "shortcuts, no_audit, headers {read, broken}; as in explore.json"
    ),
]
_Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Folder to write; by default WORK/explore."),
]
_Examples = Annotated[
    int, typer.Option("--examples", min=0, metavar="N", help="Pictures of each diagnosis.")
]
_NoHeaders = Annotated[bool, typer.Option("--no-headers", help="Read no image file's header.")]


@options.example(
    "mel kaggle explore --work work",
    reads="WORK: images.parquet, folds.parquet, duplicates.parquet; pictures.",
    writes="WORK/explore/: report.html, explore.json, figures/.",
)
def explore(
    work: options.WorkDir,
    out: _Out = None,
    examples: _Examples = 8,
    no_headers: _NoHeaders = False,
    seed: options.Seed = 0,
    json: _Json = False,
) -> None:
    """Look at the loaded images: counts, gaps, copies, and what a model could cheat with.

    Writes report.html, one page with everything on it, figures/*.png and explore.json. The shortcut
    audit scores LightGBM on metadata, image sizes and file properties alone, on patient folds.
    """
    from mel import pipeline

    with Page(json) as page:
        found = pipeline.kaggle_explore(
            work, out, examples=examples, headers=not no_headers, seed=seed
        )
        page.put(**found.as_dict())
        said = {topic: found.findings[topic] for topic in ("counts", "missing", "copies", "shift")}
        if broken := found.numbers.measured.broken:
            said["broken"] = (
                f"{len(broken):,} without a readable header, the first {broken[0]}; "
                "mel kaggle duplicates says why."
            )
        page.facts(said, hang=True)
        page.line()
        rows = [(*numbers, words.partition(":")[0]) for *numbers, words in found.audit]
        page.table(("without a picture", "AUC", "95 % interval", "in a word"), rows)
        page.line()
        page.line(show.filled(found.findings["shortcuts"]))
        page.line()
        page.line(found.report)
