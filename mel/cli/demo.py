"""`mel demo`."""

from typing import Annotated

import typer

from mel.cli import options
from mel.cli.page import Page
from mel.cli.run import SUMMARY, show_summary

__all__ = ["demo"]

_Tiny = Annotated[bool, typer.Option("--tiny", help="A smoke run on 120 images, under 90 s.")]
_Json = Annotated[bool, options.as_json(SUMMARY)]


@options.example(
    "mel demo --work work/demo",
    writes="WORK: a synthetic competition and every artefact of a run on it.",
)
def demo(work: options.WorkDir, tiny: _Tiny = False, json: _Json = False) -> None:
    """Run every stage on a synthetic competition.

    The competition is written into the work folder first; no score on it says anything of skin.
    """
    from mel import pipeline

    with Page(json) as page:
        show_summary(page, pipeline.demo(work, tiny=tiny), work)
