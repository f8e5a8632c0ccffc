"""A competition's files as Kaggle's client lists them, page after page."""

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass

from mel.kaggle.client.failure import ClientError
from mel.kaggle.client.finding import Client
from mel.kaggle.client.slug import page

__all__ = ["Listing", "RemoteFile", "list_files", "parse_page"]

_PAGE = 200  # files a page, the most that Kaggle gives
_TOKEN = re.compile(r"^Next Page Token = (\S+)\s*$")


@dataclass(frozen=True)
class RemoteFile:
    """A file of a competition: its name with folders, its bytes if Kaggle says them exactly."""

    name: str
    size: int | None


@dataclass(frozen=True)
class Listing:
    """Files of a competition; `complete` is false where more may exist than were listed."""

    files: tuple[RemoteFile, ...]
    complete: bool

    @property
    def bytes(self) -> int:
        """The sum of the sizes that are known."""
        return sum(file.size or 0 for file in self.files)

    def get(self, name: str) -> RemoteFile | None:
        """Give the file of that name, if it is listed."""
        return next((file for file in self.files if file.name == name), None)


def list_files(
    client: Client,
    name: str,
    *,
    pages: int = 1,
    enough: Callable[[Listing], bool] = lambda _: False,
    tick: Callable[[], None] = lambda: None,
) -> Listing:
    """List a competition's files: at most `pages` of 200, or until `enough` says so.

    `tick` hears of each page. Kaggle may stop early with an empty page, or refuse a later one; the
    listing is then not complete. Raises ClientError where not even the first page comes.
    """
    found: dict[str, RemoteFile] = {}
    token, seen, complete = "", {""}, False
    for _ in range(max(pages, 1)):
        more = ("--page-token", token) if token else ()
        words = ("competitions", "files", name, "--csv", "--page-size", str(_PAGE), *more)
        try:
            files, token = parse_page(client.ask(*words, about=name), name, client)
        except ClientError:
            if not found:
                raise
            break  # such as too many requests: what is listed is of use
        tick()
        fresh = {file.name: file for file in files if file.name not in found}
        found |= fresh
        complete = bool(fresh) and not token
        if token in seen or not fresh or enough(Listing(tuple(found.values()), complete)):
            break
        seen.add(token)
    return Listing(tuple(found.values()), complete)


def parse_page(text: str, name: str, client: Client) -> tuple[list[RemoteFile], str]:
    """Read one page: the files, and the token of the next one, empty at the end.

    Warnings before, between and behind the rows are passed over. Raises ClientError for what is no
    list.
    """
    token, rows, head = "", [], None
    for line in text.splitlines():
        if found := _TOKEN.match(line):
            token = found.group(1)
        elif head is None and line.lower().startswith("name,"):
            head = next(csv.reader([line.lower()]))
        elif head is not None and line.strip() and not line.startswith("Warning:"):
            rows.append(next(csv.reader([line])))
    if head is None and "No files found" in text:
        return [], ""
    if head is None or "size" not in head or any(len(row) != len(head) for row in rows):
        said = client.secrets.hide(" ".join(text.split())[:80])
        raise ClientError(
            "nonsense",
            f"{name}: Kaggle's client answers {said!r} in place of a list of files; "
            f"see {page(name, 'data')}, or pip install --upgrade kaggle",
        )
    size = head.index("size")
    return [RemoteFile(row[0], _bytes(row[size])) for row in rows], token


def _bytes(text: str) -> int | None:
    """Give a size as whole bytes; older clients round it, "59KB", and then it is not known.

    >>> _bytes("61194"), _bytes("59KB")
    (61194, None)
    """
    return int(text) if text.isascii() and text.isdigit() else None
