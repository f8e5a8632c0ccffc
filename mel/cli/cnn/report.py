"""`mel cnn report`."""

from mel.cli import options
from mel.cli.page import Page

__all__ = ["report"]


@options.example(
    "mel cnn report --work work",
    reads="WORK/cnn/.",
    writes="WORK/cnn/report.html and figures beside it.",
)
def report(work: options.WorkDir, json: options.JsonFile = False) -> None:
    """Show how the members were trained, finished or not: curves on one HTML page."""
    from mel import pipeline

    with Page(json) as page:
        page.written(pipeline.cnn_report(work))
