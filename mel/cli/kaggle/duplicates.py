"""`mel kaggle duplicates`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mel.cli import options, show
from mel.cli.page import Page

if TYPE_CHECKING:
    from mel.pipeline import Copies

__all__ = ["duplicates"]

_MOST = 20  # surprising pairs that are printed
_Json = Annotated[
    bool,
    options.as_json(
        "images, read, threshold, broken [image_id, path, reason], counts, "
        "surprising [image_id_1, image_id_2, distance, why], file, sheet"
    ),
]
_Threshold = Annotated[
    float | None,
    typer.Option("--threshold", metavar="X", help="Largest distance of a pair, 0 to 1."),
]
_Lists = Annotated[
    list[Path] | None,
    typer.Option("--list", metavar="FILE.csv", help="A published list of pairs; repeat."),
]
_Report = Annotated[
    bool, typer.Option("--report", help="Also draw the pairs to look at: duplicates.png.")
]


@options.example(
    "mel kaggle duplicates --work work --report",
    reads="WORK/images.parquet, the pictures, the lists.",
    writes="WORK: duplicates.parquet, duplicates.png, cache/hashes.parquet.",
)
def duplicates(
    work: options.WorkDir,
    threshold: _Threshold = None,
    lists: _Lists = None,
    report: _Report = False,
    json: _Json = False,
) -> None:
    """Find exact and near copies among the loaded images, in any orientation.

    The pairs go to duplicates.parquet in the work folder. The first run reads every picture, a
    later one only those that changed. Broken pictures are listed and left out.
    """
    from mel import pipeline

    given = {} if threshold is None else {"threshold": threshold}
    with Page(json) as page:
        found = pipeline.kaggle_duplicates(work, lists=lists or (), report=report, **given)
        page.put(**found.as_dict())
        _show_pairs(page, found)
        page.facts(found.facts)
        page.line()
        page.line(show.filled(found.advice))


def _show_pairs(page: Page, found: "Copies") -> None:
    """Show the pictures that are broken, and the first of the surprising pairs."""
    if found.broken.height:
        page.table(("broken image", "why"), found.broken.select("image_id", "reason").rows())
        page.line()
    odd = found.review.surprising.select("image_id_1", "image_id_2", "distance").rows()
    if odd:
        rows = [(*row, why) for row, why in zip(odd, found.review.reasons, strict=True)]
        page.table(("image", "copy", "distance", "surprising"), rows[:_MOST])
        if len(rows) > _MOST:
            page.line(f"… and {len(rows) - _MOST:,} more; {found.pairs} has them all")
        page.line()
