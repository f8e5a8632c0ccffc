"""What Kaggle has of an account's submissions, and how many more it takes, by its client."""

import csv
import io
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mel.kaggle.client import Client, ClientError, page

__all__ = ["Limits", "Remote", "State", "limits", "submissions"]

State = Literal["pending", "complete", "error"]

_PAGED = (2,)  # the first version that lets one ask for more than 20
_MOST = 200
_FATAL = ("credentials", "network", "silent", "rate")
_COUNTS = ("numToday", "numTotal", "numAllowedNow")
_STATES: dict[str, State] = {"complete": "complete", "error": "error"}


@dataclass(frozen=True)
class Remote:
    """A submission as Kaggle lists it; `ref` is empty where the client does not tell it."""

    ref: str
    description: str
    state: State
    public: float | None
    private: float | None


@dataclass(frozen=True)
class Limits:
    """Submissions of today and of all time, and how many more Kaggle takes today (UTC)."""

    today: int
    total: int
    left: int
    for_good: bool


def submissions(client: Client, name: str) -> tuple[Remote, ...]:
    """List the account's last submissions to a competition, the newest first.

    Up to 200, or 20 by a client before 2.0. Raises ClientError, also for what is no list.
    """
    more = ("--page-size", str(_MOST)) if client.version >= _PAGED else ()
    text = client.ask("competitions", "submissions", name, "--csv", *more, about=name)
    rows = _rows(text)
    if rows is None:
        if "No submissions found" in text:
            return ()
        said = client.secrets.hide(" ".join(text.split())[:80])
        raise ClientError(
            "nonsense",
            f"{name}: Kaggle's client answers {said!r} in place of a list of submissions; "
            f"see {page(name, 'submissions')}, or pip install --upgrade kaggle",
        )
    return tuple(rows)


def _rows(text: str) -> list[Remote] | None:
    """Read the client's CSV, in which a description may go over several lines."""
    lines = text.splitlines(keepends=True)
    heads = (i for i, line in enumerate(lines) if "fileName" in line and "publicScore" in line)
    start = next(heads, None)
    if start is None:
        return None
    body = io.StringIO("".join(lines[start:]), newline="")
    return list(_read(csv.DictReader(body)))


def _read(reader: "csv.DictReader[str]") -> Iterator[Remote]:
    for row in reader:
        status = (row.get("status") or "").rpartition(".")[2].strip().lower()
        if row.get("description") is None or not status:
            continue  # a warning behind the rows
        yield Remote(
            row.get("ref") or "",
            row["description"],
            _STATES.get(status, "pending"),
            _score(row.get("publicScore")),
            _score(row.get("privateScore")),
        )


def _score(text: str | None) -> float | None:
    """Read a score; none where there is none yet.

    >>> _score("0.9490"), _score(""), _score("None"), _score("nan")
    (0.949, None, None, None)
    """
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def limits(client: Client, name: str) -> Limits | None:
    """Ask how many submissions are left; None where the client or Kaggle does not tell.

    A count of nought is left out of the client's JSON. Raises ClientError where Kaggle cannot be
    asked anything.
    """
    try:
        text = client.ask("competitions", "submission-limits", name, "--json", about=name)
        found = json.loads(text[max(text.find("{"), 0) :])
        today, total, left = (int(found.get(key, 0)) for key in _COUNTS)
        return Limits(today, total, left, bool(found.get("limitedByTotal", False)))
    except ClientError as error:
        if error.reason in _FATAL:
            raise
        return None
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
