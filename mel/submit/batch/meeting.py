"""Metadata meets images: by id, never by position, and what has no partner is counted."""

import re
import sqlite3
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from mel.errors import MelError
from mel.progress import say
from mel.submit.batch.reading import KNOWN

__all__ = ["Met", "bare", "composed", "meet"]

_MATCHED = "SELECT count(*) FROM given JOIN meta USING (image_id)"
_MATCHED_BARE = """SELECT count(*) FROM meta WHERE composed(bare(image_id)) IN
    (SELECT composed(image_id) FROM given)"""
_NO_ROW = """SELECT count(*), min(image_id) FROM given
    WHERE image_id NOT IN (SELECT image_id FROM meta)"""
_NO_IMAGE = """SELECT count(*), min(image_id) FROM meta
    WHERE image_id NOT IN (SELECT image_id FROM given)"""
# Unicode writes an accent with its letter or behind it; only ids beyond ASCII have such forms
_ODD = """CREATE TABLE odd AS SELECT image_id, composed(image_id) AS form FROM meta
    WHERE image_id GLOB '*[^ -~]*' AND image_id NOT IN (SELECT image_id FROM given)"""
_FORMS = """CREATE TABLE forms AS SELECT composed(image_id) AS form, image_id FROM given
    WHERE image_id GLOB '*[^ -~]*'"""
_INDEX = "CREATE INDEX by_form ON forms (form)"
_MANY_FORMS = """SELECT form FROM forms WHERE form IN (SELECT form FROM odd)
    GROUP BY form HAVING count(*) > 1"""
_FORMED = """UPDATE meta SET image_id =
    (SELECT f.image_id FROM forms f WHERE f.form = composed(meta.image_id))
    WHERE image_id IN (SELECT o.image_id FROM odd o JOIN forms f ON o.form = f.form)"""
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


def composed(name: str) -> str:
    """Give a name with each accent and its letter as one character: Unicode's form C.

    >>> composed("e\N{COMBINING ACUTE ACCENT}") == "\N{LATIN SMALL LETTER E WITH ACUTE}"
    True
    """
    return unicodedata.normalize("NFC", name)


def meet(base: sqlite3.Connection, where: str, given: Sequence[str], known: Sequence[str]) -> Met:
    """Compare the ids of the tables `given` and `meta`.

    Ids that differ only in how Unicode writes an accent are one: macOS names files otherwise than
    people type. File names in the metadata become ids where only so they are known. Raises MelError
    where no row is of an image, no column is of use, a column is in both, or one id means two.
    """
    columns = tuple(name for name in KNOWN if name in known)
    if not columns:
        raise MelError(f"{where}: none of {', '.join(KNOWN)} is a column of it; name them so")
    if both := [name for name in columns if name in given]:
        raise MelError(f"{where}: {both[0]} is a column of the list as well; give it once")
    _compose(base, where)
    matched = _one(base, _MATCHED) or _shortened(base, where)
    bare_images, bare_rows = (base.execute(query).fetchone() for query in (_NO_ROW, _NO_IMAGE))
    return Met(columns, matched, *bare_images, *bare_rows)


def _shortened(base: sqlite3.Connection, where: str) -> int:
    """Take file names for ids; give how many are known then."""
    if not _one(base, _MATCHED_BARE):
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
    _compose(base, where)
    return _one(base, _MATCHED)


def _compose(base: sqlite3.Connection, where: str) -> None:
    """Give rows of the metadata the images' ids where only the form of letters differs."""
    for step in ("DROP TABLE IF EXISTS odd", "DROP TABLE IF EXISTS forms", _ODD):
        base.execute(step)
    if not _one(base, "SELECT count(*) FROM odd"):
        return
    base.execute(_FORMS)
    base.execute(_INDEX)
    if twice := base.execute(_MANY_FORMS).fetchone():
        raise MelError(
            f"{where}: image_id {twice[0]!r} may be two images, whose ids differ only in how an "
            "accent is written; rename one"
        )
    try:
        base.execute(_FORMED)
    except sqlite3.IntegrityError:
        raise MelError(
            f"{where}: two rows are of one image, whose id they write with other accents; keep one"
        ) from None


def _one(base: sqlite3.Connection, query: str) -> int:
    return int(base.execute(query).fetchone()[0])
