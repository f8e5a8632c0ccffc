"""`mel folds import`."""

from pathlib import Path
from typing import Annotated

import typer

from mel.cli import options
from mel.cli.folds.showing import AUDIT, show_audit
from mel.cli.page import Page

__all__ = ["import_"]

_File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV or Parquet, a row an image.")]
_IdColumn = Annotated[
    str | None,
    typer.Option("--id-column", metavar="COLUMN", help="Ids; by default a usual name."),
]
_FoldColumn = Annotated[
    str | None,
    typer.Option("--fold-column", metavar="COLUMN", help="Folds; by default a usual name."),
]
_KeepLeaks = Annotated[bool, typer.Option("--keep-leaks", help="Write a map that leaks, too.")]
_Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FILE", help="File to write; by default WORK/folds/NAME.parquet."
    ),
]
_Json = Annotated[bool, options.as_json(f"file, {AUDIT}")]


@options.example(
    "mel folds import map.csv --work work",
    reads="FILE, WORK/images.parquet.",
    writes="WORK/folds/NAME.parquet, WORK/audit/NAME/.",
    failed="A map that leaks, written or not.",
)
def import_(
    file: _File,
    work: options.WorkDir,
    id_column: _IdColumn = None,
    fold_column: _FoldColumn = None,
    near: options.Near = None,
    keep_leaks: _KeepLeaks = False,
    out: _Out = None,
    json: _Json = False,
) -> None:
    """Take a fold map from elsewhere, and say what it leaks.

    A map that leaks is not written unless asked for: scores on it would be too good.
    """
    from mel import pipeline

    columns = {"id_column": id_column, "fold_column": fold_column}
    with Page(json) as page:
        found, path = pipeline.folds_import(
            file, work, out, near=near, keep_leaks=keep_leaks, **columns
        )
        page.put(file=path)
        page.line(f"fold map: {path or 'not written, since it leaks (--keep-leaks writes it)'}")
        show_audit(page, found, pipeline.audit_folder(work, file))
