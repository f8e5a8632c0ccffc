"""`mel app`."""

from pathlib import Path
from typing import Annotated

import typer

from mel.cli import options, show

__all__ = ["app"]

_Bundle = Annotated[
    Path | None,
    typer.Option("--bundle", metavar="FILE", help="A bundle; without one, the demo's is built."),
]
_Work = Annotated[
    Path,
    typer.Option("--work", metavar="DIR", help="Where the demo is built, and found again."),
]
_Host = Annotated[
    str,
    typer.Option("--host", metavar="NAME", help="Address to listen at; others reach 0.0.0.0."),
]
_Port = Annotated[
    int, typer.Option("--port", min=1, max=65535, metavar="N", help="Port to listen at.")
]
_Tiny = Annotated[bool, typer.Option("--tiny", help="The demo on 120 images, for a first look.")]


@options.example(
    "mel app --bundle blend.mel",
    reads="The bundle, or WORK/demo.mel.",
    writes="WORK, where the demo is built; no photo.",
)
def app(
    bundle: _Bundle = None,
    work: _Work = Path("work/demo"),
    host: _Host = "localhost",
    port: _Port = 8501,
    tiny: _Tiny = False,
) -> None:
    """Show the ensemble in a browser: photos in, risks out, with reasons.

    Without a bundle the demo is done first, some minutes once, and its bundle shown: all of that
    is synthetic. Only this machine can reach the app unless --host says otherwise. No photo is
    stored or sent anywhere. Ctrl-C ends it.
    """
    from mel import pipeline

    pipeline.app(
        bundle,
        work,
        host,
        port,
        tiny=tiny,
        ready=lambda address: show.line(f"{address}  (Ctrl-C ends it)"),
    )
