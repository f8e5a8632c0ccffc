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
    """Print one line of news to standard error, where results never go."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def progress(label: str, total: int, unit: str) -> Iterator[Ticker]:
    """Show progress of `total` units of work: done, units per second, time left."""
    if sys.stderr.isatty():
        with _bar(label, total, unit) as tick:
            yield tick
    else:
        yield _Lines(label, total, unit)


@contextmanager
def _bar(label: str, total: int, unit: str) -> Iterator[Ticker]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    rate = TextColumn("{task.fields[rate]}")
    note_column = TextColumn("{task.fields[note]}", style="dim", markup=False)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        rate,
    )
    console = Console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), note_column, console=console) as bar:
        task = bar.add_task(label, total=total, rate="", note="")
        start = time.monotonic()

        def tick(done: int = 1, note: str = "") -> None:
            bar.advance(task, done)
            speed = bar.tasks[0].completed / max(time.monotonic() - start, 1e-3)
            bar.update(task, rate=f"{speed:,.0f} {unit}/s", note=note)

        yield tick


class _Lines:
    """Plain lines, at most one in ten seconds, and one at the end."""

    def __init__(self, label: str, total: int, unit: str) -> None:
        self._label, self._total, self._unit = label, total, unit
        self._done, self._start = 0, time.monotonic()
        self._last = self._start

    def __call__(self, done: int = 1, note: str = "") -> None:
        self._done += done
        now = time.monotonic()
        if now - self._last < _EVERY and self._done < self._total:
            return
        self._last = now
        speed = self._done / max(now - self._start, 1e-3)
        left = (self._total - self._done) / max(speed, 1e-9)
        share = f"{self._done:,}/{self._total:,} {self._unit}"
        say(f"{self._label}: {share}, {speed:,.0f}/s, {left:,.0f} s left {note}".rstrip())
