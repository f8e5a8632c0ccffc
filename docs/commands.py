"""The reference of commands, from the commands themselves: docs/build.py writes it.

Usage, texts, options and examples are those of --help; a test compares the two. What stands above
them on the page is docs/commands.txt.
"""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from mel.cli.helping import FAILED, STATUSES, called
from mel.cli.main import app

__all__ = ["PAGE", "commands", "page"]

DOCS = Path(__file__).parent
PAGE = DOCS / "reference" / "commands.md"


def commands(command: Any = None, words: tuple[str, ...] = ("mel",)) -> dict[str, Any]:
    """Give every command by the words that call it, a room before what is in it."""
    command = command or typer.main.get_command(app)
    found = {" ".join(words): command}
    for name, inner in getattr(command, "commands", {}).items():
        found |= commands(inner, (*words, name))
    return found


def page() -> str:
    """Give the page: rooms and their commands, in the order of `mel --help`."""
    rows = [f"| {number} | {_plain(text)} |" for number, text in STATUSES.items()]
    head = (DOCS / "commands.txt").read_text(encoding="utf-8").strip()
    lines = [head.replace("STATUSES", "\n".join(["| status | means |", "|---|---|", *rows])), ""]
    found = commands()
    lone = [words for words, one in found.items() if " " in words and not _is_room(one)]
    lines += ["## All stages, and the app", ""]
    for words in (words for words in lone if words.count(" ") == 1):
        lines += _section(words, found[words])
    for room in (words for words, one in found.items() if " " in words and _is_room(one)):
        lines += [f"## {room}", "", found[room].help, ""]
        for words in (words for words in lone if words.startswith(f"{room} ")):
            lines += _section(words, found[words])
    return "\n".join(lines).rstrip() + "\n"


def _is_room(command: Any) -> bool:
    return hasattr(command, "commands")


def _section(words: str, command: Any) -> Iterator[str]:
    """Give a command's heading, usage, text, options and example."""
    context = command.make_context(words, [], resilient_parsing=True)
    usage = " ".join([words, *command.collect_usage_pieces(context)])
    yield from (f"### {words}", "", "```text", usage, "```", "")
    yield from (_plain(inspect.cleandoc(command.help)), "")
    for option in sorted(command.get_params(context), key=_is_option):
        record = option.get_help_record(context)
        if record and "--help" not in record[0]:
            name = record[0] if _is_option(option) else called(option)
            yield from (f"`{name}`", f":   {_plain(' '.join(record[1].split()))}", "")
    ends = command.files | ({f"Exit status {FAILED}": command.failed} if command.failed else {})
    for name, text in ends.items():
        yield from (f"*{name}*", f":   {_plain(text)}", "")
    yield from ("```sh", command.epilog.removeprefix("Example: "), "```", "")


def _is_option(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "option")


def _plain(text: str) -> str:
    """Give a text of --help in which nothing is markup; what is said in brackets is set apart."""
    text = re.sub(r"([\\*_<>#`])", r"\\\1", text)
    return re.sub(
        r"\[(default: [^\]]*|required|env var: [^\]]*|[^\]]*[<=>]+[^\]]*)\]", r"(\1)", text
    )
