"""`mel ensemble report`."""

from typing import Annotated

from mel.cli import options, show
from mel.cli.page import Page

__all__ = ["report"]


@options.example(
    "mel ensemble report recipes/demo.toml --work work",
    reads="RECIPE, WORK/ensemble/NAME/ and all scores.",
    writes="WORK/ensemble/NAME/: report.html, evaluation.json, figures/.",
)
def report(
    recipe: options.Recipe,
    work: options.WorkDir,
    json: Annotated[bool, options.as_json("file, advice")] = False,
) -> None:
    """Say what the blend is worth: a recommendation in words, a page, and its figures as PNG.

    The page shows members, weights, what each member is worth, calibration, operating points,
    groups of images and drift. The blend itself is not changed.
    """
    from mel import pipeline

    with Page(json) as page:
        file, advice = pipeline.ensemble_report(recipe, work)
        page.put(advice=advice)
        for text in advice:
            page.line(f"- {show.filled(text, 2)}")
        page.written(file, ": written, with figures")
