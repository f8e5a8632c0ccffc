"""One download: its folder, its record, and what it takes to fill the one and the other."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mel.kaggle.client import Client, Listing, RemoteFile
from mel.kaggle.downloading.meter import Meter, size_of
from mel.kaggle.downloading.record import Record
from mel.kaggle.downloading.scratch import Scratch, scratch
from mel.kaggle.downloading.settling import settle
from mel.kaggle.downloading.transfer import Transfer, empty
from mel.kaggle.downloading.unpacking import (
    BrokenArchiveError,
    check_room,
    inside,
    members,
    unpack,
    verify,
)
from mel.progress import progress

__all__ = ["Job"]

_MB = 10**6


@dataclass(frozen=True)
class Job:
    """What to download with and where to; `fetch` and `fetch_all` do it."""

    client: Client
    name: str
    out: Path
    record: Record
    unzip: bool

    @property
    def archive(self) -> Path:
        """Where the competition's archive is kept, if it is."""
        return self.out / f"{self.name}.zip"

    def holds(self, file: RemoteFile) -> bool:
        """Say whether a file is here whole, or the archive around it where that is wanted."""
        around = RemoteFile(f"{file.name}.zip", file.size)
        kept = not self.unzip and around.name in self.record.files
        return self.record.holds(self.out, around if kept else file)

    def holds_archive(self, listing: Listing) -> bool:
        """Say whether the archive of all is here, as it was when Kaggle listed the same."""
        whole = RemoteFile(self.archive.name, listing.bytes)
        return whole.name in self.record.files and self.record.holds(self.out, whole)

    def fetch(self, files: Sequence[RemoteFile]) -> int:
        """Fetch some files, one run of the client each; give how many."""
        sizes = [file.size or 0 for file in files]
        twice = max(sizes, default=0)  # one may come in an archive of its own
        if not files:
            return 0
        check_room(self.out, sum(sizes) + twice, f"{len(files)} files of {self.name}")
        with scratch(self.out) as place, Meter(self.name, sum(sizes)) as meter:
            for file in files:
                folder = place.place(file.name)
                came = self._transfer(place).bring(folder, meter, file.name)
                meter.finish(came.stat().st_size)
                try:
                    kept = settle(came, file, self.out, unzip=self.unzip)
                except BrokenArchiveError:
                    empty(folder)
                    raise
                self.record.add({kept: (self.out / kept).stat().st_size}, {kept: file.size})
                self.record.write(self.out)
                empty(folder)
        return len(files)

    def fetch_all(self, listing: Listing) -> int:
        """Fetch the archive of all files, and unpack or keep it; give how many files are new.

        An archive that an earlier run left, or began, and that turns out spoilt, is fetched anew.
        """
        with scratch(self.out) as place:
            folder = place.place("")
            old = size_of(folder) > 0 or self.holds_archive(listing)
            for last in (not old, True):
                try:
                    fetched = self._take_all(folder, place, listing)
                    break
                except BrokenArchiveError:
                    empty(folder)
                    self.record.files.pop(self.archive.name, None)
                    if last:
                        raise
            place.clear()
        return fetched

    def _take_all(self, folder: Path, place: Scratch, listing: Listing) -> int:
        here = self.unzip and self.holds_archive(listing)
        archive = self.archive if here else self._bring_all(folder, place, listing)
        fetched = self._unpack(archive, place) if self.unzip else self._keep(archive)
        self._remember(archive, listing)
        return fetched

    def _transfer(self, place: Scratch) -> Transfer:
        return Transfer(self.client, self.name, place.lock)

    def _bring_all(self, folder: Path, place: Scratch, listing: Listing) -> Path:
        """Bring the archive, going on with one that was begun."""

        def room(size: int) -> None:
            with_content = size * (2 if self.unzip else 1)
            check_room(self.out, with_content - size_of(folder), f"{self.name} with its archive")

        room(listing.bytes)
        with Meter(self.name, listing.bytes, room) as meter:
            return self._transfer(place).bring(folder, meter)

    def _unpack(self, archive: Path, place: Scratch) -> int:
        found = members(archive)
        here = (self.out / inside(info.filename) for info in found)
        there = sum(path.stat().st_size for path in here if path.is_file())
        size = sum(info.file_size for info in found)
        check_room(self.out, size - there, f"{self.name} unpacked")
        with _megabytes(f"unpacking {self.name}", size) as tick:
            return unpack(archive, self.out, place.folder, tick)

    def _keep(self, archive: Path) -> int:
        size = sum(info.file_size for info in members(archive))
        with _megabytes(f"checking {self.archive.name}", size) as tick:
            verify(archive, tick)
        archive.replace(self.archive)
        return 1

    def _remember(self, archive: Path, listing: Listing) -> None:
        """Note what is here now; the archive itself only where it is kept."""
        if self.unzip:
            sizes = {info.filename: info.file_size for info in members(archive)}
            listed = {file.name: file.size for file in listing.files}
            self.record.files = {}
            self.record.add(sizes, listed)
            self.record.whole = True
        else:
            size = self.archive.stat().st_size
            self.record.add({self.archive.name: size}, {self.archive.name: listing.bytes})
        self.record.write(self.out)


@contextmanager
def _megabytes(label: str, size: int) -> Iterator[Callable[[int], None]]:
    """Show progress in megabytes of what is counted in bytes."""
    done = shown = 0
    with progress(label, max(round(size / _MB), 1), "MB") as tick:

        def count(more: int) -> None:
            nonlocal done, shown
            done += more
            tick(done // _MB - shown)
            shown = done // _MB

        yield count
