"""What was submitted: each with its cross-validated AUC and its scores on the leaderboard."""

from pathlib import Path
from typing import Any

import polars as pl

from mel.errors import MelError
from mel.progress import say
from mel.submit.beside import read_beside, sent_of

__all__ = ["COLUMNS", "submissions"]

COLUMNS = {
    "name": pl.String,
    "competition": pl.String,
    "cv": pl.Float64,
    "cv_low": pl.Float64,
    "cv_high": pl.Float64,
    "public": pl.Float64,
    "private": pl.Float64,
    "state": pl.String,
    "time": pl.String,
    "rows": pl.Int64,
    "images": pl.Int64,
    "synthetic": pl.Boolean,
}


def submissions(
    folder: Path | str, *, competition: str = "", refresh: bool = False, patience: float = 120.0
) -> pl.DataFrame:
    """List the submissions of a folder, or of a work folder's submissions/, the best CV first.

    This is `mel.submit.list`.

    A row each: name; the competition it was sent to; cv, cv_low and cv_high, the AUC that mel knows
    of it and its 95 % interval; public and private, its scores on the leaderboard; state, "not
    sent", "sending" (not known whether it arrived), "pending", "complete", "error" or "refused";
    time, when it was sent, else made; rows, of the test set, and images, behind the AUC. What is
    not known is null. Of one that was sent several times the last counts. `competition` leaves only
    those that were sent there; with `refresh`, Kaggle is asked first for scores that have become
    known.

    Raises MelError for a folder that is not there, and where Kaggle cannot be asked.

    >>> found = submissions("work/demo")
    >>> found.select("name", "state", "rows", "images").rows()
    [('blend', 'not sent', 36, 84)]
    """
    place = _place(Path(folder))
    if refresh:
        from mel.submit.sending.refreshing import refresh as ask

        ask(place, patience=patience)
    rows = [row for path in sorted(place.glob("*.json")) if (row := _row(path))]
    frame = pl.DataFrame(rows, schema=COLUMNS, orient="row")
    if competition:
        from mel.kaggle.client import slug

        frame = frame.filter(pl.col("competition") == slug(competition))
    return frame.sort("cv", "name", descending=[True, False], nulls_last=True)


def _place(folder: Path) -> Path:
    inner = folder / "submissions"
    place = inner if inner.is_dir() else folder
    if not place.is_dir():
        raise MelError(f"{place}: no such folder; give the one with your submissions")
    return place


def _row(path: Path) -> dict[str, Any] | None:
    """Give one JSON's row; None for a JSON of something else, told where a CSV stands beside it."""
    try:
        content = read_beside(path)
    except MelError as error:
        if path.with_suffix(".csv").is_file():
            say(f"warning: left out: {error}")
        return None
    sent = sent_of(content)
    last, cv = (sent[-1] if sent else {}), content.get("cv") or {}
    return {
        "name": path.stem,
        "competition": last.get("competition"),
        "cv": cv.get("auc"),
        "cv_low": cv.get("low"),
        "cv_high": cv.get("high"),
        "public": last.get("public"),
        "private": last.get("private"),
        "state": last.get("state", "not sent"),
        "time": last.get("time") or content.get("time"),
        "rows": content.get("rows"),
        "images": cv.get("images"),
        "synthetic": content.get("synthetic", False),
    }
