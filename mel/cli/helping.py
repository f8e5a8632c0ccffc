"""The end of every help, as a manual page has it: files, exit statuses, an example."""

from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import wrap
from typing import Any

from typer.core import TyperCommand, TyperGroup

__all__ = ["ERROR", "FAILED", "INTERNAL", "INTERRUPTED", "PIPE", "STATUSES", "TERMINATED"]
__all__ += ["ClosedError", "Command", "Room", "called", "command"]

FAILED, ERROR, INTERNAL, INTERRUPTED, PIPE, TERMINATED = 1, 2, 70, 130, 141, 143
STATUSES = {
    0: "Done.",
    FAILED: "A check not passed: folds that leak, a wrong submission, broken images.",
    ERROR: "An error, or a wrong line: one line on standard error says what to do.",
    INTERNAL: "A fault of mel's own: --debug shows where.",
    INTERRUPTED: "Interrupted by Ctrl-C: what is finished is kept.",
    PIPE: "Whoever read the output stopped reading, as head does.",
    TERMINATED: "Ended by SIGTERM: what is finished is kept.",
}


class Command(TyperCommand):
    """A command whose help ends with what it reads and writes, and with its exit statuses.

    `files` has what it reads and writes by these words, `failed` what status 1 means, if anything.
    """

    files: dict[str, str] = {}  # noqa: RUF012  # set once, for a class of its own
    failed = ""

    def get_short_help_str(self, limit: int = 0) -> str:  # noqa: ARG002  # the parser's own
        """Give the first sentence, uncut: the list of commands breaks it."""
        return " ".join((self.help or "").partition("\n\n")[0].split())

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Give what follows the command's name in its usage; what may be left out in brackets."""
        found = [one for one in self.get_params(ctx) if one.param_type_name == "argument"]
        words = [called(one) if one.required else f"[{called(one)}]" for one in found]
        return [*([self.options_metavar] if self.options_metavar else []), *words]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments, by their names without Python's types, and options."""
        rows: dict[str, dict[str, str]] = {"argument": {}, "option": {}}
        for one in self.get_params(ctx):
            record = one.get_help_record(ctx)
            if record:
                name = called(one) if one.param_type_name == "argument" else record[0]
                rows[one.param_type_name][name] = record[1]
        _section(formatter, "Arguments", rows["argument"])
        _section(formatter, "Options", rows["option"])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  # the parser's own
        """Write the sections, then the example."""
        _section(formatter, "Files", self.files)
        statuses = {0: STATUSES[0], FAILED: self.failed, ERROR: STATUSES[ERROR]}
        _section(formatter, "Exit status", {str(n): text for n, text in statuses.items() if text})
        _example(formatter, self.epilog)


class ClosedError(Exception):
    """Whoever read the output stopped; the parser would end with status 1 for a broken pipe."""


class Room(TyperGroup):
    """A room's commands; the program's own help has all exit statuses."""

    def make_context(self, *args: Any, **more: Any) -> Any:
        """Parse the line; some options print and end there."""
        with _told_apart():
            return super().make_context(*args, **more)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        with _told_apart():
            return super().invoke(ctx)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the section, then the example."""
        if ctx.parent is None:
            _section(formatter, "Exit status", {str(n): text for n, text in STATUSES.items()})
        _example(formatter, self.epilog)


@contextmanager
def _told_apart() -> Iterator[None]:
    """Turn a broken pipe into what the parser does not know."""
    try:
        yield
    except BrokenPipeError as error:
        raise ClosedError from error


def command(reads: str = "", writes: str = "", failed: str = "") -> type[Command]:
    """Make the class of a command that reads, writes, and may end with status 1."""
    files = {name: text for name, text in (("Reads", reads), ("Writes", writes)) if text}
    return type("Command", (Command,), {"files": files, "failed": failed})


def called(argument: Any) -> str:
    """Give an argument's name as a help has it: FILE, or FILE... where there may be several."""
    return f"{argument.metavar or argument.name}{'...' if argument.nargs != 1 else ''}"


def _section(formatter: Any, title: str, rows: dict[str, str]) -> None:
    if rows:
        with formatter.section(title):
            formatter.write_dl(list(rows.items()))


def _example(formatter: Any, epilog: str | None) -> None:
    """Write the example so that a shell takes it as it stands, broken or not."""
    words = (epilog or "").removeprefix("Example: ")
    room = max(formatter.width - 8, 24)
    lines = wrap(words, room, break_long_words=False, break_on_hyphens=False)
    with formatter.section("Example"):
        formatter.write("  " + " \\\n      ".join(lines) + "\n")
