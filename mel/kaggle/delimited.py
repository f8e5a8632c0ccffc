"""A CSV file as text: its encoding, its header and its commas are checked before it is read."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from mel.checks import require_columns
from mel.errors import MelError, many

__all__ = ["read_columns", "read_header"]

_OTHERS = {";": "';'", "\t": "tabs", "|": "'|'"}
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_SHOWN = 60  # characters of a line that a message shows


def read_columns(
    path: Path, needed: Sequence[str], known: Iterable[str] | None = ()
) -> tuple[pl.DataFrame, list[str]]:
    """Read the columns `needed`, and those of `known` that are there, every field as text.

    A `known` of None reads all there are. Gives the frame and the names of all columns of the
    file. A byte order mark, the line ends of Windows and blank lines at the end are fine.

    Raises MelError for a missing, empty or unreadable file, another encoding, line ends of old
    Macs, another delimiter, a missing header, a column that stands twice or is missing, and a row
    with more or fewer fields than the header.
    """
    content = _bytes_of(path)
    header = _names(content, path)
    _check_header(header, list(needed), path)
    _check_rows(content, len(header), path)
    wanted = {*needed, *(header if known is None else known)}
    columns = [name for name in header if name in wanted]
    try:
        return pl.read_csv(content, infer_schema=False, columns=columns), header
    except (pl.exceptions.PolarsError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise MelError(f"{path}: is no readable CSV ({reason}); fetch it again") from error


def read_header(path: Path) -> list[str]:
    """Give the names in a CSV file's first line. Raises MelError as `read_columns` does."""
    return _names(_bytes_of(path), path)


def _bytes_of(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise MelError(f"{path}: no such file; check the data folder") from None
    except PermissionError:
        raise MelError(
            f"{path}: you may not read it (permission denied); chmod u+r, or ask its owner"
        ) from None
    except OSError as error:
        raise MelError(f"{path}: is no readable CSV ({error.strerror}); fetch it again") from error
    rows = content.rstrip()  # blank lines at the end are no rows
    if not rows:
        raise MelError(f"{path}: is empty; fetch it again")
    _check_text(content, path)
    return rows + b"\n"


def _check_text(content: bytes, path: Path) -> None:
    if content.startswith(_UTF_16):
        raise MelError(f"{path}: is UTF-16 text, as Excel writes it; save it as CSV in UTF-8")
    if b"\0" in content:
        raise MelError(f"{path}: holds zero bytes, so is no UTF-8 text; save it as CSV in UTF-8")
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise MelError(
            f"{path}: line {line} is not UTF-8 (byte {content[error.start]:#04x}; a Windows "
            "encoding?); save it as CSV in UTF-8"
        ) from None
    if b"\r" in content and b"\n" not in content:
        raise MelError(f"{path}: has the line ends of old Macs; save it with those of Unix")


def _first_line(content: bytes) -> str:
    return content.partition(b"\n")[0].decode("utf-8-sig").rstrip("\r")


def _names(content: bytes, path: Path) -> list[str]:
    try:
        return next(csv.reader([_first_line(content)]), [])
    except csv.Error as error:
        raise MelError(f"{path}: the header is unreadable ({error}); fetch it again") from error


def _check_header(header: list[str], needed: list[str], path: Path) -> None:
    twice = next((name for name in header if header.count(name) > 1), None)
    if set(needed) & set(header):
        if twice is not None:
            raise MelError(
                f"{path}: column {twice!r} stands {header.count(twice)} times; remove one"
            )
        require_columns(pl.DataFrame(schema=header), needed, str(path))
    elif needed:
        _refuse_header(",".join(header), needed, path)


def _check_rows(content: bytes, width: int, path: Path) -> None:
    """Refuse a row of another width: its fields stand in the wrong columns, or it is cut off."""
    rows = csv.reader(io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline=""))
    try:
        odd = next((len(row) for row in rows if row and len(row) != width), None)
    except csv.Error as error:
        raise MelError(
            f"{path}: line {rows.line_num} is unreadable ({error}); fetch it again"
        ) from error
    if odd is not None:
        raise MelError(
            f"{path}: line {rows.line_num} has {many(odd, 'field')}, the header {width}; put "
            "quotes around a field with a comma, or fetch it again"
        )


def _refuse_header(line: str, needed: list[str], path: Path) -> None:
    """Say why none of the columns is there: another delimiter, or no header."""
    for mark, shown in _OTHERS.items():
        if mark in line and set(needed) & {part.strip('" ') for part in line.split(mark)}:
            raise MelError(
                f"{path}: its columns are separated by {shown}; save it with commas between them"
            )
    shown = line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
    raise MelError(
        f"{path}: has none of the expected columns, its first line is {shown!r}; if that is no "
        f"header, put one above it: {', '.join(needed)}"
    )
