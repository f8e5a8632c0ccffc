"""Metadata meets images: by id, never by position, and what has no partner is counted."""

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from mel.errors import MelError
from mel.progress import say
from mel.submit.batch.reading import KNOWN

__all__ = ["Met", "bare", "meet"]

_MATCHED = "SELECT count(*) FROM given JOIN meta USING (image_id)"
_MATCHED_BARE = "SELECT count(*) FROM meta JOIN given ON bare(meta.image_id) = given.image_id"
_NO_ROW = """SELECT count(*), min(image_id) FROM given
    WHERE image_id NOT IN (SELECT image_id FROM meta)"""
_NO_IMAGE = """SELECT count(*), min(image_id) FROM meta
    WHERE image_id NOT IN (SELECT image_id FROM given)"""
_NAME = re.compile(r"^(?:.*[/\\])?(.*?)(?:\.(?:jpe?g|png|dcm))?$", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Met:
    """What came of the metadata.

    columns: those that were used. matched: images with a row. without_row: images that have none,
    without_image: rows whose image is not there; of both the first, by id.
    """

    columns: tuple[str, ...]
    matched: int
    without_row: int
    first_without_row: str | None
    without_image: int
    first_without_image: str | None


def bare(name: str) -> str:
    """Give a file's name without folder and ending.

    >>> bare("train/a.b.JPG"), bare("c")
    ('a.b', 'c')
    """
    found = _NAME.match(name)
    return found[1] if found else name


def meet(base: sqlite3.Connection, where: str, given: Sequence[str], known: Sequence[str]) -> Met:
    """Compare the ids of the tables `given` and `meta`.

    File names in the metadata become ids where only so they are known. Raises MelError where no row
    is of an image, no column is of use, or a column is in both.
    """
    columns = tuple(name for name in KNOWN if name in known)
    if not columns:
        raise MelError(f"{where}: none of {', '.join(KNOWN)} is a column of it; name them so")
    if both := [name for name in columns if name in given]:
        raise MelError(f"{where}: {both[0]} is a column of the list as well; give it once")
    matched = _one(base, _MATCHED)
    if not matched and _one(base, "SELECT count(*) FROM meta"):
        matched = _shortened(base, where)
    bare_images, bare_rows = (base.execute(query).fetchone() for query in (_NO_ROW, _NO_IMAGE))
    return Met(columns, matched, *bare_images, *bare_rows)


def _shortened(base: sqlite3.Connection, where: str) -> int:
    """Take file names for ids; give how many are known then."""
    matched = _one(base, _MATCHED_BARE)
    if not matched:
        ours = base.execute("SELECT min(image_id) FROM given").fetchone()[0]
        theirs = base.execute("SELECT min(image_id) FROM meta").fetchone()[0]
        raise MelError(
            f"{where}: no row is of an image: its ids are as {theirs!r}, the images' as {ours!r}"
        )
    say(f"{where}: image_id holds file names; taken without folder and ending")
    try:
        base.execute("UPDATE meta SET image_id = bare(image_id)")
    except sqlite3.IntegrityError:
        raise MelError(
            f"{where}: two file names are one id without folder and ending; keep one of each"
        ) from None
    return matched


def _one(base: sqlite3.Connection, query: str) -> int:
    return int(base.execute(query).fetchone()[0])
