"""`mel cnn list`."""

from typing import Annotated

import typer

from mel.cli import completing, options
from mel.cli.page import Columns, Page

__all__ = ["list_"]

_BACKBONES: Columns = {
    "name": "backbone",
    "params": ("parameters", "{:,}".format),
    "native_size": "made for",
    "gflops": ("GFLOPs", "{:.3g}".format),
    "imagenet": ("weights", lambda preset: "none" if preset is None else "imagenet"),
}


@options.example("mel cnn list efficientnetv2")
def list_(
    pattern: Annotated[
        str,
        typer.Argument(
            metavar="PATTERN",
            help="A regular expression for their names.",
            autocompletion=completing.backbones,
        ),
    ] = "",
    json: Annotated[
        bool,
        options.as_json(
            "backbones [name, source, class_name, arguments, params, counted_by, native_size, "
            "gflops, preprocessing, imagenet, multiple, least]"
        ),
    ] = False,
) -> None:
    """List the backbones a recipe may name: parameters, the size each was made for, GFLOPs there.

    GFLOPs are thousand millions of multiply-adds for one picture. Where weights are none, a recipe
    can still name a file or a preset folder.
    """
    from mel import cnn
    from mel.errors import MelError, near

    found = cnn.backbones(pattern)
    if not found:
        known = near(pattern, (b.name for b in cnn.backbones()))
        raise MelError(f"no backbone matches {pattern!r}; {known}")
    with Page(json) as page:
        page.records("backbones", found, _BACKBONES)
