"""Every error message of mel as a pattern, read from the source: wherever a MelError is made."""

import ast
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["Message", "messages"]

DOCS = Path(__file__).parent
PACKAGE = DOCS.parent / "mel"
_KIN = {"MelError"}  # and what inherits from it
_SHOWN = {  # constants whose text is shown in place of a word in capitals
    *("SETTINGS", "NO_NUMBER", "_AGAIN", "_GET", "_INSTALL", "_KEPT", "_MISSING", "_NEW", "_OTHER"),
}
_WORDS = {"error": "REASON", "reason": "REASON", "why": "REASON", "what": "WHAT"}


@dataclass(frozen=True)
class Message:
    """A message as a pattern, in capitals what differs, and the module that makes it."""

    text: str
    module: str

    @property
    def whole(self) -> str:
        """Give all that words can be found in."""
        return f"{self.module}: {self.text}"

    @property
    def fault(self) -> str:
        """Give what is wrong: all before the last semicolon."""
        return self.text.rpartition("; ")[0] or self.text

    @property
    def advice(self) -> str:
        """Give the next step that the message names, or nothing."""
        return self.text.rpartition("; ")[2] if "; " in self.text else ""


@cache
def _trees() -> Mapping[str, ast.Module]:
    return {
        path.relative_to(PACKAGE.parent).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }


@cache
def _returned() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Give the texts that each function returns, by module and name: some word messages."""
    return {
        (module, node.name): tuple(_given_back(node))
        for module, tree in _trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and ast.unparse(node.returns or node.args) == "str"
    }


def _given_back(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value:
            yield from _texts(node.value)


def _by(module: str, call: ast.Call) -> tuple[str, ...]:
    """Give what a call returns: by a function of the module, or by one that it imports."""
    name = _called(call)
    given = [n for n in _trees()[module].body if isinstance(n, ast.ImportFrom)]
    places = [f"{node.module}.".replace(".", "/")[:-1] + ".py" for node in given]
    for place in (module, *places):
        if (place, name) in _returned():
            return _returned()[place, name]
    return ()


def _told_in(module: str) -> Iterator[str]:
    """Give the texts of a module that words its messages in functions of a table."""
    yield from (
        text for (place, _), texts in _returned().items() if place == module for text in texts
    )


@cache
def _kin() -> frozenset[str]:
    """Give MelError and every class that inherits from it."""
    known = set(_KIN)
    heirs = [n for t in _trees().values() for n in ast.walk(t) if isinstance(n, ast.ClassDef)]
    while True:
        more = {n.name for n in heirs if {getattr(b, "id", "") for b in n.bases} & known} - known
        if not more:
            return frozenset(known)
        known |= more


def _makers() -> set[str]:
    """Give the names whose calls make an error: its classes, and functions that wrap them."""
    made = {name for name in _kin() if name[0] != "_"}
    for tree in _trees().values():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and ast.unparse(node.returns or node.args) in made:
                made |= {node.name} if len(node.args.args) == 1 else set()
    return made


def _texts(value: ast.expr) -> Iterator[str]:
    """Give the patterns that an expression can become, if it is worded where it stands."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.JoinedStr):
        yield _joined(value.values)
    elif isinstance(value, ast.IfExp):
        yield from _texts(value.body)
        yield from _texts(value.orelse)


def _joined(parts: Sequence[ast.expr]) -> str:
    """Give the text of its parts; what is filled in right behind a word is a dot dot dot."""
    text = ""
    for part in parts:
        shown = _part(part)
        behind = isinstance(part, ast.FormattedValue) and text[-1:].isalnum()
        text += "…" if behind and shown.isupper() else shown
    return text


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    if not isinstance(part, ast.FormattedValue):
        return "…"
    name = _named(part.value)
    return f"'{name}'" if part.conversion == ord("r") else name


@cache
def _constants() -> Mapping[str, str]:
    """Give the texts that modules name: what a name means in two modules is left out."""
    found: dict[str, set[str]] = {}
    for tree in _trees().values():
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                name, value = ast.unparse(node.targets[0]), node.value.value
                if isinstance(value, str):
                    found.setdefault(name, set()).add(value)
    return {name: texts.pop() for name, texts in found.items() if len(texts) == 1}


def _named(value: ast.expr) -> str:
    """Give a word in capitals for what is filled in."""
    if isinstance(value, ast.Name | ast.Attribute):
        name = value.id if isinstance(value, ast.Name) else value.attr
        if name in _SHOWN and name in _constants():
            return _constants()[name]
        return _WORDS.get(name, name.strip("_").upper())
    if isinstance(value, ast.Constant):
        return str(value.value)
    if isinstance(value, ast.Call):
        called = getattr(value.func, "id", "")
        if called == "near":
            return "did you mean …?"
        if called == "many" and isinstance(value.args[1], ast.Constant):
            return f"N {value.args[1].value}s"
    return "…"


@cache
def messages() -> tuple[Message, ...]:
    """Give every message, sorted by its module and its place in it."""
    made_by, spoken = _makers(), tomllib.loads((DOCS / "errors.toml").read_text(encoding="utf-8"))
    found: dict[Message, None] = {}
    for module, tree in _trees().items():
        made = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and _called(n) in made_by]
        for call in sorted(made, key=lambda node: node.lineno):
            for text in _worded(call, module, spoken["elsewhere"]):
                found[Message(" ".join(text.split()), module)] = None
    return tuple(found)


def _called(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _worded(call: ast.Call, module: str, elsewhere: Mapping[str, str]) -> Iterator[str]:
    """Give a call's patterns; what is worded elsewhere and cannot be followed, by the list."""
    for value in reversed(call.args):
        texts = _closed(value, module) or list(_texts(value))
        if not texts and isinstance(value, ast.Call):
            texts = list(_by(module, value)) or list(_told_in(module))
        if texts:
            yield from texts
            return
    if _called(call) in _kin() and call.args:
        key = f"{module}: {ast.unparse(call.args[-1])}"
        yield elsewhere.get(key, f"({key})")


def _closed(value: ast.expr, module: str) -> list[str]:
    """Give the patterns of a text whose end is worded by a function of the same module."""
    if not isinstance(value, ast.JoinedStr) or not isinstance(value.values[-1], ast.FormattedValue):
        return []
    last = value.values[-1].value
    if not isinstance(last, ast.Call) or (module, _called(last)) not in _returned():
        return []
    before = _joined(value.values[:-1])
    return [before + text for text in _returned()[module, _called(last)]]
