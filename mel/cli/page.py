"""What a command says: lines and tables for people, or, with --json, one document for programs.

A command says everything once: what both readers get goes through `records` and `values`, what is
only drawn for people through `line`, `facts` and `table`, what only programs need through `put`.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from math import isfinite
from os import PathLike, fspath
from types import TracebackType
from typing import Any, Self

from mel.cli import show

__all__ = ["Columns", "Page", "plain"]

Columns = Mapping[str, str | tuple[str, Callable[[Any], str]]]  # key -> heading, or how to write it


class Page:
    """Standard output of one command, as a context: the document is printed at its end.

    Nothing is printed with --json where the command fails, so that no reader takes a part for the
    whole. A check that is not passed (status 1) is no failure: its document has the reason as
    `fault`.
    """

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self._document: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self.as_json:
            return
        if error is not None and getattr(error, "exit_code", None) != 1:
            return
        if error is not None and str(error):
            self.put(ok=False, fault=str(error))
        json.dump(self._document, sys.stdout, indent=1, ensure_ascii=False, allow_nan=False)
        print(flush=True)

    def put(self, **values: object) -> None:
        """Add to the document alone."""
        self._document |= plain(values)

    def values(self, **values: object) -> None:
        """Say names and values, to both."""
        self.put(**values)
        self.facts({name.replace("_", " "): show.cell(value) for name, value in values.items()})

    def written(self, file: object, more: str = ": written") -> None:
        """Name the file that is the result, to both."""
        self.put(file=file)
        self.line(f"{file}{more}")

    def records(
        self, name: str, rows: Iterable[object], columns: Columns, *, hang: bool = False
    ) -> None:
        """Say rows of the same keys, to both: as a list called `name`, and as a table of `columns`.

        A row is a mapping or a dataclass, or all of them a frame's. See `show.table` for `hang`.
        """
        kept = [plain(row) for row in rows]
        self.put(**{name: kept})
        headings = [text if isinstance(text, str) else text[0] for text in columns.values()]
        writers = [show.cell if isinstance(text, str) else text[1] for text in columns.values()]
        cells = [
            [write(row[key]) for key, write in zip(columns, writers, strict=True)] for row in kept
        ]
        self.table(headings, cells, hang=hang)

    def line(self, text: object = "") -> None:
        """Print a line for people."""
        if not self.as_json:
            show.line(str(text))

    def facts(self, values: Mapping[str, object], *, hang: bool = False) -> None:
        """Print names and values for people, one a line; with `hang`, broken as a sentence is."""
        if not self.as_json:
            show.facts(show.hanging(values) if hang else values)

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, hang: bool = False
    ) -> None:
        """Print a table for people."""
        if not self.as_json:
            show.table(columns, rows, hang=hang)


def plain(value: object) -> Any:
    """Give a value as JSON has it; what has an `as_dict` says itself what it is.

    Frames become lists of rows, paths and dates text, and what is no finite number null.

    >>> plain({"auc": float("nan"), "folds": (0, 1), 256: None})
    {'auc': None, 'folds': [0, 1], '256': None}
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, PathLike):
        return fspath(value)
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    return _of_object(value)


def _of_object(value: Any) -> Any:
    """Give a dataclass, a named tuple, a frame, an array or its number, or a sequence."""
    for name in ("as_dict", "_asdict", "to_dicts", "to_list", "tolist"):
        if hasattr(value, name):
            return plain(getattr(value, name)())
    if is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    return [plain(one) for one in value]
