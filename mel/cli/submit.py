"""`mel submit`: a submission and its check."""

from pathlib import Path
from typing import Annotated

import typer

from mel.cli import options, show

__all__ = ["app"]

app = options.room("Submissions, and their check.", "mel submit make --work work/demo")


@app.command(**options.example("mel submit make --work work --from ensemble/blend"))
def make(
    work: options.WorkDir,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="STAGE", help="Whose scores; by default the blend's."),
    ] = None,
) -> None:
    """Write a submission from a stage's test scores, and check it."""
    from mel import pipeline

    show.line(str(pipeline.submit_from(work, source)))


@app.command(**options.example("mel submit check work/submissions/blend.csv --work work"))
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The submission.")],
    work: Annotated[
        Path | None, typer.Option("--work", metavar="DIR", help="Work folder with the sample.")
    ] = None,
    sample: Annotated[
        Path | None, typer.Option("--sample", metavar="FILE", help="The sample submission.")
    ] = None,
) -> None:
    """Check a submission against its sample; the first offending row is named, exit status 1."""
    from mel import pipeline

    pipeline.check(file, work, sample)
    show.line(f"{file}: header, ids and order are the sample's, every value is a finite number")
