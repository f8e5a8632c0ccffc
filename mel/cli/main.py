"""The program `mel`: its commands, and the one place where an error becomes a line and a status."""

import os
import re
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from mel.cli import cnn, ensemble, folds, kaggle, options, submit, tabular
from mel.cli.app import app as browser
from mel.cli.demo import demo
from mel.cli.helping import ERROR, INTERNAL, INTERRUPTED, PIPE, TERMINATED, ClosedError
from mel.cli.run import run
from mel.cli.status import status
from mel.errors import MelError, near

__all__ = ["app", "main"]

app = options.room(
    "Leak-free folds, CNN members, a stack and a rank blend for image competitions.\n\n"
    "Results go to standard output, news and progress to standard error. With --json a command "
    "prints one JSON document and nothing else: numbers as numbers, null for what is not known. "
    "Its keys are in the command's help: NAME [KEYS] is a list of objects, NAME {KEYS} an object.",
    "mel demo --work work/demo",
    completion=True,
)
for _name, _room in {
    "kaggle": kaggle.app,
    "folds": folds.app,
    "cnn": cnn.app,
    "tabular": tabular.app,
    "ensemble": ensemble.app,
    "submit": submit.app,
}.items():
    app.add_typer(_room, name=_name)
options.add(app, run, demo, status, browser)

_KEPT = "what is finished is kept: run the same again to go on"


def _print_version(context: typer.Context, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:  # while a shell completes the line
        import mel

        print(f"mel {mel.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Leak-free folds, CNN members, a stack and a rank blend for image competitions."""


def main() -> None:
    """Run the program and exit; `--debug` is taken anywhere on the line."""
    arguments = sys.argv[1:]
    end = arguments.index("--") if "--" in arguments else len(arguments)
    kept = [word for place, word in enumerate(arguments) if word != "--debug" or place > end]
    with _terminable():
        status = _run(kept, debug=len(kept) < len(arguments))
        _let_go()
    sys.exit(status)


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the program as Ctrl-C does: what is half-written is taken away first."""

    def end(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not stop the clearing
        raise _Terminated

    old = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, old)


class _Terminated(BaseException):
    """SIGTERM came; no Exception, so that nothing takes it for a fault and goes on."""


def _run(arguments: list[str], *, debug: bool) -> int:
    """Run a command; give the exit status, after printing one line for an error."""
    try:
        return _ended(arguments, debug=debug)
    except (ClosedError, BrokenPipeError):
        return PIPE


def _ended(arguments: list[str], *, debug: bool) -> int:
    try:
        status = int(app(args=arguments, prog_name="mel", standalone_mode=False) or 0)
        sys.stdout.flush()
    except (typer.Abort, KeyboardInterrupt):  # newer parsers give the status instead
        status = INTERRUPTED
    except _Terminated:
        return _say(f"terminated; {_KEPT}", TERMINATED)
    except (ClosedError, BrokenPipeError):
        raise
    except Exception as error:  # noqa: BLE001  # the last place that can turn it into a line
        if debug:
            traceback.print_exc()
        return _explain(error)
    if status == INTERRUPTED:
        _say(f"interrupted; {_KEPT}", status)
    return status


def _let_go() -> None:
    """Drop what standard output did not take, so that Python does not try again at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _explain(error: Exception) -> int:
    if isinstance(error, MelError):
        return _say(str(error), getattr(error, "exit_code", ERROR))
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return _say(f"{place}{error.strerror or error}; free or choose another place", ERROR)
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error.ctx.get_help())  # type: ignore[attr-defined]
        return ERROR
    if hasattr(error, "format_message"):  # the parser's own, whichever package it lives in
        path = getattr(getattr(error, "ctx", None), "command_path", "mel")
        said = error.format_message().rstrip(".").replace("Value error, ", "")
        return _say(f"{_with_near(said)}; see {path} --help", ERROR)
    name = type(error).__name__
    return _say(f"{name}: {error}; this is a fault of mel's, --debug shows where", INTERNAL)


def _with_near(said: str) -> str:
    """Add the nearest of the words that the parser would have taken for an option."""
    found = re.search(r"'([^']*)' is not one of (.*)$", said)
    if not found:
        return said
    known = re.findall(r"'([^']*)'", found[2])
    end = near(found[1], known)
    return said if end.startswith("known") else f"{said}; {end}"


def _say(text: str, status: int) -> int:
    print(f"mel: {' '.join(part.strip() for part in text.splitlines())}", file=sys.stderr)
    return status
