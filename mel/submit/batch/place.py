"""Where a batch keeps what it has done: FILE.parts, a folder a list, bundle and settings."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from mel.errors import MelError, many
from mel.files import digest_json, read_header, write_table
from mel.progress import say
from mel.submit.batch.listing import Listed, Span
from mel.submit.batch.pictures import stamps
from mel.submit.batch.reading import Rows

__all__ = ["Parts", "claimed", "prepared"]

_KIND, _LIST, _LOCK = "scores", "list.sqlite", ".lock"
_TRIES = 100


@dataclass(frozen=True)
class Parts:
    """The shards of one batch: which are done, and where the next is to be written.

    Shards are files that are whole or absent, each with the digest of what it was made from, and
    one of its pictures as they were then.
    """

    folder: Path
    listed: Listed
    digest: str

    @property
    def files(self) -> list[Path]:
        """All shards' files, done or not, in order."""
        return [self.folder / f"part-{n:06d}.parquet" for n in range(len(self.listed.spans))]

    def todo(self) -> list[tuple[Path, Span]]:
        """Give the shards that are not done.

        What is left of one that is damaged counts as none, and so does one of which a picture has
        changed, come or gone since.
        """
        pairs = zip(self.files, self.listed.spans, strict=True)
        return [(path, span) for path, span in pairs if not self._done(path, span)]

    def _done(self, path: Path, span: Span) -> bool:
        try:
            found = read_header(path, _KIND)["inputs"]
        except MelError:
            return False
        return bool(found == self._inputs(stamps(next(self.listed.frames([span])))))

    def _inputs(self, pictures: str) -> dict[str, str]:
        return {"batch": self.digest, "pictures": pictures}

    def write(self, path: Path, frame: pl.DataFrame, pictures: str) -> None:
        """Keep a shard; `pictures` are their `stamps` before they were looked at."""
        write_table(path, frame, {"kind": _KIND, "inputs": self._inputs(pictures)})

    def remove(self) -> None:
        """Take all of it away, once the output is whole."""
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def claimed(out: Path) -> Iterator[Path]:
    """Hold the folder beside `out` for this process; a second one is refused.

    The lock is the operating system's and ends with the process, however that ends.
    """
    folder = out.with_name(f"{out.name}.parts")
    file = _held(folder, out)
    try:
        yield folder
    finally:
        _leave(folder)
        os.close(file)


def _held(folder: Path, out: Path) -> int:
    """Open the lock of a folder and hold it.

    Who ends takes the lock's file away with the folder: what was opened just before is then held
    in vain, for the next one would make another. So it must still be the one that is there.
    """
    for turn in range(_TRIES):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            if isinstance(error, FileNotFoundError) and turn < _TRIES - 1:
                continue  # taken away in between
            reason = error.strerror or str(error)
            raise MelError(f"{out}: cannot be written ({reason}); choose another --out") from error
        if _locked(file) and _is_there(file, folder / _LOCK):
            return file
        os.close(file)
        if (folder / _LOCK).exists():
            break
    raise MelError(
        f"{out}: another mel scores into it; wait until it ends, or choose another --out"
    )


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_there(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _leave(folder: Path) -> None:
    """Take the folder away, unless it holds shards; a list that was refused goes at any rate."""
    with suppress(OSError):
        (folder / f".{_LIST}").unlink(missing_ok=True)
        if not [path for path in folder.iterdir() if path.name != _LOCK]:
            (folder / _LOCK).unlink()
            folder.rmdir()


def prepared(
    folder: Path, images: Rows, meta: Rows | None, shard: int, settings: Mapping[str, Any]
) -> Parts:
    """List the images, and give their shards, as far as they are done already.

    A folder is named by what decides its scores: every row of the list, and `settings`. So shards
    of another bundle or another list are never mixed with these.
    """
    fresh = folder / f".{_LIST}"
    fresh.unlink(missing_ok=True)  # a killed run's; nobody else is here
    listed = Listed.make(fresh, images, meta, shard)
    digest = digest_json({"list": listed.digest, "shard": shard} | dict(settings))[:16]
    mine = folder / digest
    mine.mkdir(exist_ok=True)
    fresh.replace(mine / _LIST)
    others = [path.name for path in folder.iterdir() if path.is_dir() and path != mine]
    if others:
        _say_others(folder, sorted(others))
    return Parts(mine, replace(listed, path=mine / _LIST), digest)


def _say_others(folder: Path, others: Sequence[str]) -> None:
    shards = sum(len(list((folder / name).glob("part-*.parquet"))) for name in others)
    say(
        f"{folder}: {many(shards, 'shard')} of another bundle, list or setting "
        f"({', '.join(others)}) left aside; delete what is not needed"
    )
