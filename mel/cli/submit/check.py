"""`mel submit check`."""

from pathlib import Path
from typing import Annotated

import typer

from mel.cli import options, show
from mel.cli.page import Page

__all__ = ["check"]

_File = Annotated[Path, typer.Argument(metavar="FILE", help="The submission.")]
_Work = Annotated[
    Path | None, typer.Option("--work", metavar="DIR", help="Work folder with the sample.")
]
_Sample = Annotated[
    Path | None,
    typer.Option("--sample", metavar="FILE", help="Sample submission, where there is no --work."),
]
_Json = Annotated[bool, options.as_json("file, ok, fault, warnings")]


@options.example(
    "mel submit check work/submissions/blend.csv --work work",
    reads="FILE, the JSON beside it, the sample.",
    failed="A submission that its sample or its JSON refuses.",
)
def check(
    file: _File,
    work: _Work = None,
    sample: _Sample = None,
    json: _Json = False,
) -> None:
    """Check a submission against its sample; the first offending row is named."""
    from mel import pipeline

    with Page(json) as page:
        page.put(file=file, ok=True, fault=None, warnings=[])
        odd = pipeline.submit_check(file, work, sample)
        page.put(warnings=odd)
        page.line(f"{file}: header, ids and order are the sample's, every value is a finite number")
        for text in odd:
            page.line(show.filled(f"! {text}", 2))
