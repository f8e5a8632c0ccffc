"""`mel folds audit`."""

from pathlib import Path
from typing import Annotated

import typer

from mel.cli import options
from mel.cli.folds.showing import AUDIT, show_audit
from mel.cli.page import Page

__all__ = ["audit"]

_Work = Annotated[
    Path | None, typer.Option("--work", metavar="DIR", help="Work folder, for what is not named.")
]
_Images = Annotated[
    Path | None,
    typer.Option(
        "--images", metavar="FILE", help="Table of images; by default WORK/images.parquet."
    ),
]
_Folds = Annotated[
    Path | None,
    typer.Option("--folds", metavar="FILE", help="Fold map; by default WORK/folds.parquet."),
]
_Column = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="NAME",
        help="Weigh this column too; repeat. By default those of the recipe.",
    ),
]
_Alone = Annotated[bool, typer.Option("--no-compare", help="Leave out scikit-learn's plain maps.")]
_Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Folder to write; by default WORK/audit."),
]
_Json = Annotated[bool, options.as_json(AUDIT)]


@options.example(
    "mel folds audit --work work",
    reads="WORK: images.parquet, folds.parquet, duplicates.parquet; or the files named.",
    writes="WORK/audit/: audit.json, audit.png and tables as CSV.",
    failed="Folds that leak, or a fold without one of the classes.",
)
def audit(
    work: _Work = None,
    images: _Images = None,
    folds: _Folds = None,
    near: options.Near = None,
    column: _Column = None,
    alone: _Alone = False,
    out: _Out = None,
    json: _Json = False,
) -> None:
    """Look for all that trains what scores a relative of it, and weigh the folds.

    Relatives share a patient, a lesion or a copy. The tables: each fold's counts; how far a
    category's largest fold is off its mean, the median over the categories of an axis; the map
    beside scikit-learn's plain ones. All of it, and a picture, goes into files.
    """
    from mel import pipeline

    with Page(json) as page:
        found = pipeline.folds_audit(
            work, folds, near, out, images=images, columns=column or None, compare=not alone
        )
        show_audit(page, found, pipeline.audit_folder(work, folds, out))
