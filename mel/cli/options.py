"""What the commands share: how a room's app is made, and the options that mean the same."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from mel.cli import completing, helping

__all__ = [
    "SCORE",
    "Data",
    "JsonFile",
    "JsonScores",
    "Members",
    "Near",
    "OnlyFolds",
    "Patience",
    "Recipe",
    "Seed",
    "WorkDir",
    "add",
    "as_json",
    "example",
    "room",
]

_Function = TypeVar("_Function", bound=Callable[..., None])

SCORE = "member, kind, oof {auc, low, high}, fold_mean, held_out"
_END = "end of its help"  # under which a function keeps what `example` gave it
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
Members = Annotated[
    list[str] | None,
    typer.Option(
        "--member",
        metavar="NAME",
        help="This member, else all; repeat.",
        autocompletion=completing.members,
    ),
]
Near = Annotated[
    Path | None,
    typer.Option(
        "--near",
        metavar="FILE",
        help="Pairs of copies, CSV or Parquet; by default WORK/duplicates.parquet, if there.",
    ),
]
OnlyFolds = Annotated[
    list[int] | None,
    typer.Option("--fold", min=0, metavar="K", help="This fold alone, from 0; repeat."),
]
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


def example(
    command: str, reads: str = "", writes: str = "", failed: str = ""
) -> Callable[[_Function], _Function]:
    """Decorate a command's function with the end of its help, which `add` gives the parser.

    `command` is an example that parses; `reads` and `writes` name files, `failed` says what exit
    status 1 means, where there is one.
    """
    kind = helping.command(reads, writes, failed)

    def mark(function: _Function) -> _Function:
        more = {"epilog": f"Example: {command}", "context_settings": _HELP, "cls": kind}
        vars(function)[_END] = more
        return function

    return mark


def add(app: typer.Typer, *functions: Callable[..., None]) -> None:
    """Add commands to an app in their order; each is called as its function and module are.

    An underscore at the end, of a name that Python has for itself, is not part of the command's.
    """
    for function in functions:
        app.command(function.__name__.rstrip("_"), **vars(function)[_END])(function)
