"""Listed: the images of a batch on disk, joined with what is known of them, patient by patient."""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import polars as pl

from mel.errors import MelError, many
from mel.submit.batch.meeting import Met, bare, composed, meet
from mel.submit.batch.reading import KNOWN, Rows, chunks, header

__all__ = ["Listed", "Span"]

Span = tuple[int, int]  # the first row of a shard and the last
_ROW = ("image_id", "path", *KNOWN)
_SHOWN = 12  # names of columns that a message has
_TABLES = {
    "given": """CREATE TABLE given (image_id TEXT PRIMARY KEY, path TEXT, patient_id TEXT, age TEXT,
        sex TEXT, site TEXT, copies INTEGER DEFAULT 0) WITHOUT ROWID""",
    "meta": """CREATE TABLE meta (image_id TEXT PRIMARY KEY, path TEXT, patient_id TEXT, age TEXT,
        sex TEXT, site TEXT, copies INTEGER DEFAULT 0) WITHOUT ROWID""",
}
_INSERT = {
    "given": """INSERT INTO given VALUES (?, ?, ?, ?, ?, ?, 0)
        ON CONFLICT (image_id) DO UPDATE SET copies = copies + 1""",
    "meta": """INSERT INTO meta VALUES (?, ?, ?, ?, ?, ?, 0)
        ON CONFLICT (image_id) DO UPDATE SET copies = copies + 1""",
}
_TWICE = {
    "given": "SELECT image_id, copies, count(*) OVER () FROM given WHERE copies > 0 ORDER BY 1",
    "meta": "SELECT image_id, copies, count(*) OVER () FROM meta WHERE copies > 0 ORDER BY 1",
}
_COUNT = {"given": "SELECT count(*) FROM given", "meta": "SELECT count(*) FROM meta"}
# a column is in one of both only: `meet` refuses others
_LISTED = """CREATE TABLE listed AS SELECT g.image_id AS image_id, g.path AS path,
    coalesce(m.patient_id, g.patient_id) AS patient_id, coalesce(m.age, g.age) AS age,
    coalesce(m.sex, g.sex) AS sex, coalesce(m.site, g.site) AS site
    FROM given g LEFT JOIN meta m ON g.image_id = m.image_id
    ORDER BY 3 NULLS LAST, 1"""
_ALL = "SELECT rowid, image_id, path, patient_id, age, sex, site FROM listed ORDER BY rowid"
_SOME = """SELECT image_id, path, patient_id, age, sex, site FROM listed
    WHERE rowid BETWEEN ? AND ? ORDER BY rowid"""


@dataclass(frozen=True)
class Listed:
    """All images, in a file that only this module opens; never more than a shard is in memory.

    spans: the rows of each shard, sorted by patient and id; a patient is in one shard whole.
    digest: of every row. met: what came of the metadata. largest: images of the largest patient.
    """

    path: Path
    count: int
    spans: tuple[Span, ...]
    digest: str
    met: Met | None
    largest: tuple[str, int]

    @classmethod
    def make(cls, path: Path, images: Rows, meta: Rows | None, shard: int) -> Self:
        """Write the list to `path`, a new file.

        Raises MelError for what cannot be read, ids that are missing, hold a control character or
        stand twice, rows without a path, no image at all, columns that both `images` and `meta`
        have, and metadata of which no row is of an image.
        """
        with _opened(path) as base:
            for table in _TABLES.values():
                base.execute(table)
            names = _put(base, "given", images, ("image_id", "path"))
            met = None
            if meta is not None:
                known = _put(base, "meta", meta, ("image_id",))
                met = meet(base, _said(meta, "metadata"), names, known)
            base.execute(_LISTED)
            base.execute("DROP TABLE meta")
            spans, digest, largest = _parted(base, shard)
            count = spans[-1][1]
        return cls(path, count, tuple(spans), digest, met, largest)

    def frames(self, spans: Sequence[Span]) -> Iterator[pl.DataFrame]:
        """Give the rows of some shards, one after the other, as a scorer takes them."""
        with _opened(self.path) as base:
            for span in spans:
                found = base.execute(_SOME, span).fetchall()
                frame = pl.DataFrame(found, dict.fromkeys(_ROW, pl.String), orient="row")
                number = pl.col("age").cast(pl.Float64, strict=False)
                known = pl.col("age").is_not_null()  # what is no number is none that anybody has
                yield frame.with_columns(age=pl.when(known).then(number.fill_null(float("nan"))))

    def ids(self, block: int) -> Iterator[list[str]]:
        """Give all ids in their order, `block` at a time."""
        with _opened(self.path) as base:
            found = base.execute("SELECT image_id FROM given ORDER BY image_id")
            while some := found.fetchmany(block):
                yield [image_id for (image_id,) in some]


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the list. It is made anew after a kill, so nothing waits for the disk."""
    try:
        base = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-8192"):
                base.execute(f"PRAGMA {pragma}")
            for function in (bare, composed):
                base.create_function(function.__name__, 1, function, deterministic=True)
            yield base
        finally:
            base.close()
    except sqlite3.Error as error:
        raise MelError(f"{path}: cannot be written ({error}); free or choose a place") from error


def _put(
    base: sqlite3.Connection, table: str, source: Rows, needed: Sequence[str]
) -> tuple[str, ...]:
    """Write rows into a table; give the names of the columns that were there."""
    where = _said(source, "images" if table == "given" else "metadata")
    names: tuple[str, ...] = ()
    base.execute("BEGIN")
    for frame in chunks(source):
        _refuse_lacking(frame, source, needed, where)
        names = tuple(frame.columns)
        _check(frame, where, needed)
        lacking = [pl.lit(None, pl.String).alias(name) for name in _ROW if name not in names]
        base.executemany(_INSERT[table], frame.with_columns(lacking).select(_ROW).iter_rows())
    base.execute("COMMIT")
    _refuse_twice(base, table, where)
    if not base.execute(_COUNT[table]).fetchone()[0]:
        what = "image; give at least one" if table == "given" else "row; give one, or no metadata"
        raise MelError(f"{where}: holds no {what}")
    return names


def _refuse_lacking(frame: pl.DataFrame, source: Rows, needed: Sequence[str], where: str) -> None:
    """Refuse a list without one of the columns, and say which it has; others were left out."""
    for name in (name for name in needed if name not in frame.columns):
        there = header(source)
        more = f" … and {len(there) - _SHOWN} more" if len(there) > _SHOWN else ""
        raise MelError(
            f"{where}: no column {name!r}; it has {', '.join(there[:_SHOWN])}{more}; mel takes "
            f"{' and '.join(needed)}, and what there is of {', '.join(KNOWN)}: rename them so"
        )


def _check(frame: pl.DataFrame, where: str, needed: Sequence[str]) -> None:
    for name in needed:
        empty = frame.filter(pl.col(name).fill_null("") == "")
        if empty.height:
            first = f" (first: {empty['image_id'][0]})" if name != "image_id" else ""
            raise MelError(f"{where}: a row without {name}{first}; give each row its own")
    odd = frame.filter(pl.col("image_id").str.contains(r"\p{Cc}"))
    if odd.height:
        raise MelError(f"{where}: image_id {odd['image_id'][0]!r} holds a control character")


def _refuse_twice(base: sqlite3.Connection, table: str, where: str) -> None:
    twice = base.execute(_TWICE[table]).fetchone()
    if twice:
        first, copies, ids = twice
        more = f" ({many(ids, 'such id')})" if ids > 1 else ""
        raise MelError(
            f"{where}: image_id {first!r} stands {copies + 1} times{more}; keep one of each"
        )


def _parted(base: sqlite3.Connection, shard: int) -> tuple[list[Span], str, tuple[str, int]]:
    """Cut the rows into shards, each at the end of a patient; give the digest of all rows too."""
    sha, spans, start, last, alike = hashlib.sha256(), [], 1, None, 0
    largest, number = ("", 0), 0
    for number, *row in base.execute(_ALL):
        patient = row[_ROW.index("patient_id")]
        same = patient is not None and patient == last
        if not same and number - start >= shard:
            spans.append((start, number - 1))
            start = number
        alike = alike + 1 if same else 1
        if patient is not None and alike > largest[1]:
            largest = (patient, alike)
        sha.update(repr(row).encode("utf-8", "surrogatepass"))
        last = patient
    return [*spans, (start, number)], sha.hexdigest()[:16], largest


def _said(source: Rows, otherwise: str) -> str:
    return str(source) if isinstance(source, Path | str) else otherwise
