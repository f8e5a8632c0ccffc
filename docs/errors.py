"""Every error message of mel with its cause, as a page: docs/build.py writes it.

A cause in docs/errors.toml names its messages by words of them, or by the module that makes them;
where several fit, the longest words decide.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from messages import Message, messages

__all__ = ["PAGE", "Cause", "assigned", "causes", "faults", "page", "unused"]

DOCS = Path(__file__).parent
PAGE = DOCS / "reference" / "errors.md"


@dataclass(frozen=True)
class Cause:
    """Why messages come, and what to do; `says` are words of each."""

    area: str
    title: str
    why: str
    do: str
    says: tuple[str, ...]


@cache
def causes() -> tuple[Cause, ...]:
    """Give the causes in the order of docs/errors.toml."""
    found = tomllib.loads((DOCS / "errors.toml").read_text(encoding="utf-8"))["cause"]
    return tuple(Cause(**{**one, "says": tuple(one["says"])}) for one in found)


def assigned() -> dict[Message, Cause | None]:
    """Give each message's cause: the one with the longest words of it."""
    words = sorted(((w, c) for c in causes() for w in c.says), key=lambda one: -len(one[0]))
    return {m: next((c for w, c in words if w in m.whole), None) for m in messages()}


def unused() -> list[str]:
    """Give the words of causes that no message holds any more."""
    return [w for c in causes() for w in c.says if not any(w in m.whole for m in messages())]


def page() -> str:
    """Give the page: areas, causes, and under each cause its messages."""
    lines = [(DOCS / "errors.txt").read_text(encoding="utf-8").strip()]
    of = assigned()
    area = ""
    for cause in causes():
        if cause.area != area:
            area = cause.area
            lines += ["", f"## {area}"]
        lines += ["", f"### {cause.title}", "", f"{cause.why} {cause.do}".strip(), ""]
        own = dict.fromkeys(_line(m) for m, found in of.items() if found is cause)
        lines += own
    return "\n".join(lines) + "\n"


def _line(message: Message) -> str:
    shown = f"- {_code(message.fault)}"
    filled_in = re.fullmatch(r"[A-Z_]+|…", message.advice)  # the advice is put together elsewhere
    return shown if filled_in or not message.advice else f"{shown}<br>→ {_plain(message.advice)}"


def _code(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _plain(text: str) -> str:
    """Give a text in which nothing but `code` is markup."""
    parts = text.split("`")
    for place in range(0, len(parts), 2):
        parts[place] = re.sub(r"([\\*_<>\[\]#])", r"\\\1", parts[place])
    return "`".join(parts)


def faults() -> list[str]:
    """Say which messages have no cause, and which words of causes are of no message."""
    lost = [f"no cause: {message.whole}" for message, found in assigned().items() if found is None]
    return lost + [f"words of no message: {words}" for words in unused()]
