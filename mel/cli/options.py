"""What the commands share: how a room's app is made, and the options that mean the same."""

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["Data", "Recipe", "Seed", "WorkDir", "example", "room"]

_HELP = {"help_option_names": ["-h", "--help"]}

Data = Annotated[
    Path, typer.Option("--data", metavar="DIR", help="Folder of the competition's files.")
]
Recipe = Annotated[
    Path,
    typer.Argument(metavar="RECIPE", help="A recipe file, or the name of one that mel brings."),
]
Seed = Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Seed of every draw.")]
WorkDir = Annotated[
    Path, typer.Option("--work", metavar="DIR", help="Work folder: all that is made lies in it.")
]


def room(text: str, command: str) -> typer.Typer:
    """Make the app of a room; its help is plain text, since rich costs time to import."""
    return typer.Typer(
        help=text,
        epilog=f"Example: {command}",
        add_completion=False,
        context_settings=_HELP,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )


def example(command: str) -> dict[str, Any]:
    """Give the arguments of a command's decorator that put an example under its help."""
    return {"epilog": f"Example: {command}", "context_settings": _HELP}
