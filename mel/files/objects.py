"""JSON that any reader takes, and what an object read from it must hold."""

import json
from collections.abc import Iterable, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from mel.errors import MelError
from mel.files.atomic import write_text

__all__ = ["parse_json", "read_json", "required", "write_json"]

_JSON_NAMES = {
    bool: "true or false",
    dict: "an object",
    float: "a number",
    int: "a whole number",
    list: "a list",
    str: "text",
}


def write_json(path: Path, value: Any) -> None:
    """Write plain data as indented JSON, whole or not at all.

    Raises ValueError for NaN and infinity, which no other reader takes, and MelError where the disk
    refuses.

    >>> write_json(Path("work/note.json"), {"folds": 5})
    >>> read_json(Path("work/note.json"))
    {'folds': 5}
    """
    write_text(path, json.dumps(value, indent=1, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read what a JSON file holds.

    Raises MelError for a file that is missing or broken, or holds NaN or infinity.

    >>> read_json(Path("work/demo/submissions/blend.json"))["kind"]
    'submission'
    """
    try:
        return parse_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MelError(f"{path}: no such file; make it first or correct the path") from None
    except (ValueError, OSError, RecursionError) as error:
        raise MelError(f"{path}: is no readable JSON ({error}); make it again") from error


def parse_json(text: str) -> Any:
    """Parse JSON; NaN, infinity and numbers too large to hold are none. Raises ValueError.

    >>> parse_json('{"folds": 5}')
    {'folds': 5}
    >>> parse_json("[NaN]")
    Traceback (most recent call last):
        ...
    ValueError: NaN is no finite number
    """
    return json.loads(text, parse_constant=_finite, parse_float=_finite)


def _finite(text: str) -> float:
    if not isfinite(number := float(text)):
        raise ValueError(f"{text} is no finite number")
    return number


def required(value: Any, keys: Iterable[str] | Mapping[str, type], where: str) -> dict[str, Any]:
    """Give `value` as the JSON object it must be: with all `keys`, of their types where given.

    `where` opens the message, usually the file's path. A `float` may be written as a whole number,
    a `bool` is no `int`. Raises MelError.

    >>> required({"fold": 0, "more": 1}, {"fold": int}, "done.json")
    {'fold': 0, 'more': 1}
    """
    if not isinstance(value, dict):
        raise MelError(f"{where}: is no JSON object; make it again")
    types = keys if isinstance(keys, Mapping) else dict.fromkeys(keys, object)
    for key, wanted in types.items():
        if key not in value:
            raise MelError(f"{where}: has no {key!r}; make it again")
        if not _is_a(value[key], wanted):
            found = _JSON_NAMES.get(type(value[key]), "null")
            raise MelError(
                f"{where}: {key!r} is {found}, expected {_JSON_NAMES[wanted]}; make it again"
            )
    return value


def _is_a(value: Any, wanted: type) -> bool:
    if isinstance(value, bool):
        return wanted in (bool, object)
    return isinstance(value, int | float if wanted is float else wanted)
