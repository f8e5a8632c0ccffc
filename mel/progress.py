"""Progress that a person can follow: a bar with time left on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

__all__ = ["Ticker", "progress", "say"]

_EVERY = 10.0  # seconds between plain lines


class Ticker(Protocol):
    """What `progress` yields: call it with the units done since the last call."""

    def __call__(self, done: int = 1, note: str = "") -> None:
        """Count `done` more units; `note` stands behind the bar."""


def say(text: str) -> None:
    """Print one line of news to standard error, where results never go.

    >>> say("two folds are done")  # nothing on standard output
    """
    print(text, file=sys.stderr, flush=True)


@contextmanager
def progress(label: str, total: int, unit: str) -> Iterator[Ticker]:
    """Show progress of `total` units of work: done, units per second, time left.

    With a `total` of 0, of work that cannot be counted, only the notes are shown.

    Yields a `Ticker`. All of it goes to standard error: a bar on a terminal, else a line at most
    every ten seconds and one at the end.

    >>> from contextlib import redirect_stderr
    >>> with redirect_stderr(sys.stdout), progress("decode", 2, "images") as tick:
    ...     for _ in range(2):
    ...         tick()
    decode: 2/2 images...
    """
    if sys.stderr.isatty():
        with _bar(label, total, unit) as tick:
            yield tick
    else:
        yield _Lines(label, total, unit)


@contextmanager
def _bar(label: str, total: int, unit: str) -> Iterator[Ticker]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[pace]}"),
        TextColumn("{task.fields[note]}", style="dim", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(label, total=total, pace="", note="")
        pace = _Pace(total, unit)

        def tick(done: int = 1, note: str = "") -> None:
            pace.count(done)
            bar.update(task, completed=pace.done, pace=str(pace), note=note)

        yield tick


class _Pace:
    """Units a second and time left, by the clock since the first tick: set-up is no work done."""

    def __init__(self, total: int, unit: str) -> None:
        self.total, self.done = total, 0
        self._unit, self._first = unit, 0
        self._start: float | None = None

    def count(self, done: int) -> None:
        self.done += done
        if self._start is None and done > 0:
            self._start, self._first = time.monotonic(), self.done

    def __str__(self) -> str:
        seconds = time.monotonic() - (self._start or time.monotonic())
        if self.done <= self._first or seconds <= 0:
            return ""
        speed = (self.done - self._first) / seconds
        shown = f"{speed:,.0f}" if speed >= 10 else f"{speed:.2g}"
        left = max(round((self.total - self.done) / speed), 0)
        return f"{shown} {self._unit}/s, {left // 60}:{left % 60:02d} left"


class _Lines:
    """Plain lines, at most one in ten seconds, and one at the end."""

    def __init__(self, label: str, total: int, unit: str) -> None:
        self._label, self._unit = label, unit
        self._pace = _Pace(total, unit)
        self._last = time.monotonic()

    def __call__(self, done: int = 1, note: str = "") -> None:
        self._pace.count(done)
        now, pace = time.monotonic(), self._pace
        if now - self._last < _EVERY and pace.done < pace.total:
            return
        self._last = now
        counted = (f"{pace.done:,}/{pace.total:,} {self._unit}", str(pace)) if pace.total else ()
        text = ", ".join(part for part in (*counted, note) if part)
        say(f"{self._label}: {text}" if text else self._label)
