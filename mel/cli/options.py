"""What the commands share: how a room's app is made, and the options that mean the same."""

from pathlib import Path
from typing import Annotated, Any

import typer

from mel.cli import completing, helping

__all__ = [
    "SCORE",
    "Data",
    "JsonFile",
    "JsonScores",
    "Patience",
    "Recipe",
    "Seed",
    "WorkDir",
    "as_json",
    "example",
    "room",
]

SCORE = "member, kind, oof {auc, low, high}, fold_mean, held_out"
_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def as_json(keys: str) -> Any:
    """Give the option --json, whose help says what the document holds.

    `keys` are those of the document: NAME [KEYS] is a list of rows, NAME {KEYS} an object.
    """
    return typer.Option("--json", help=f"Print one JSON document: {keys}.")


Data = Annotated[
    Path, typer.Option("--data", metavar="DIR", help="Folder of the competition's files.")
]
JsonFile = Annotated[bool, as_json("file")]
JsonScores = Annotated[bool, as_json(f"scores [{SCORE}]")]
Patience = Annotated[
    float,
    typer.Option("--patience", min=1, metavar="S", help="Seconds of Kaggle's silence to bear."),
]
Recipe = Annotated[
    Path,
    typer.Argument(
        metavar="RECIPE",
        help="A recipe file, or the name of one that mel brings.",
        autocompletion=completing.recipes,
    ),
]
Seed = Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Seed of every draw.")]
WorkDir = Annotated[
    Path, typer.Option("--work", metavar="DIR", help="Work folder: all that is made lies in it.")
]


def room(text: str, command: str, *, completion: bool = False) -> typer.Typer:
    """Make the app of a room; its help is plain text, since rich costs time to import."""
    return typer.Typer(
        cls=helping.Room,
        help=text,
        epilog=f"Example: {command}",
        add_completion=completion,
        context_settings=_HELP,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )


def example(command: str, reads: str = "", writes: str = "", failed: str = "") -> dict[str, Any]:
    """Give the arguments of a command's decorator that make the end of its help.

    `command` is an example that parses; `reads` and `writes` name files, `failed` says what exit
    status 1 means, where there is one.
    """
    kind = helping.command(reads, writes, failed)
    return {"epilog": f"Example: {command}", "context_settings": _HELP, "cls": kind}
