"""What a folder remembers of its downloads: which files, how large, and whether they are all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mel.errors import MelError
from mel.files import read_json, required, write_json
from mel.kaggle.client import RemoteFile

__all__ = ["Record"]

_FILE = ".download.json"


@dataclass
class Record:
    """Files that were downloaded: bytes on disk, and the bytes Kaggle listed, for each name.

    The two can differ, since Kaggle lists some files by the size of another form of theirs. `whole`
    says that all of the competition was fetched, not some files of it.
    """

    competition: str
    files: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    whole: bool = False

    @classmethod
    def read(cls, folder: Path, competition: str) -> "Record":
        """Read a folder's record; one that is absent, broken or another's counts as empty."""
        try:
            value = required(
                read_json(folder / _FILE),
                {"competition": str, "files": dict, "whole": bool},
                _FILE,
            )
            files = {
                str(n): (int(b), li if li is None else int(li))
                for n, (b, li) in value["files"].items()
            }
        except (MelError, TypeError, ValueError):
            return cls(competition)
        if value["competition"] != competition:
            return cls(competition)
        return cls(competition, files, value["whole"])

    def write(self, folder: Path) -> None:
        """Write it into the folder that it is about."""
        write_json(
            folder / _FILE,
            {"competition": self.competition, "whole": self.whole, "files": self.files},
        )

    def add(self, sizes: Mapping[str, int], listed: Mapping[str, int | None]) -> None:
        """Note files that are now there, with their bytes, and those that Kaggle lists."""
        self.files |= {name: (size, listed.get(name)) for name, size in sizes.items()}

    def holds(self, folder: Path, file: RemoteFile) -> bool:
        """Say whether the folder has this file whole, as Kaggle has it now."""
        size = _size(folder / file.name)
        here, listed = self.files.get(file.name, (None, None))
        if here is not None and listed == file.size:
            return size == here
        return size is not None and size == file.size

    def holds_all(self, folder: Path) -> bool:
        """Say whether all of a finished download is still there."""
        return self.whole and all(_size(folder / n) == size for n, (size, _) in self.files.items())


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None
