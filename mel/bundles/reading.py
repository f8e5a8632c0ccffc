"""Open a bundle: every byte compared with the manifest, before anything in it is used."""

import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from mel.bundles.archive import opened, plain_entries, read_manifest
from mel.errors import MelError
from mel.files import parse_json

__all__ = ["Bundle"]

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Bundle:
    """A bundle that was found whole when it was opened.

    path: the file. digest: of all it holds, 16 hexadecimal digits. facts: what its maker said in
    the manifest. versions: those of the packages that made it.

    >>> bundle = Bundle.open("work/demo/demo.mel")
    >>> bundle.facts["members"], bundle.facts["synthetic"], len(bundle.digest)
    (['efficientnetv2_micro-32'], True, 16)
    >>> "stack/stack.json" in bundle, bundle.json("stack/stack.json")["main"]
    (True, 'context')
    """

    path: Path
    digest: str
    facts: Mapping[str, Any]
    versions: Mapping[str, str]
    _files: Mapping[str, Mapping[str, Any]] = field(repr=False)

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Open the bundle `path`, and compare every byte with its manifest.

        Nothing is unpacked or run. Raises MelError for what is no bundle or one of another schema,
        and by name for a file in it that was changed, is missing, or is not in the manifest; names
        that lead elsewhere, links, compressed or encrypted files are refused too.
        """
        path = Path(path)
        with opened(path) as archive:
            said = read_manifest(archive, path, plain_entries(archive, path))
            found = cls(path, said["digest"], said["facts"], said["versions"], said["files"])
            for name in found.names:
                found._compare(archive, name)
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all files but the manifest, sorted."""
        return tuple(sorted(self._files))

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def read(self, name: str) -> bytes:
        """Give a file's bytes; MelError for one that is not there or was changed since."""
        if name not in self:
            raise MelError(f"{self.path}: holds no {name}; bundle again")
        with opened(self.path) as archive, archive.open(name) as file:
            content = file.read()
        if hashlib.sha256(content).hexdigest() != self._files[name]["sha256"]:
            raise MelError(f"{self.path}: {name} was changed since it was opened; open it again")
        return content

    def json(self, name: str) -> Any:
        """Give what a JSON file holds.

        Raises MelError as `read` does, and for what is no JSON; NaN and infinity are none.
        """
        try:
            return parse_json(self.read(name).decode())
        except (ValueError, RecursionError) as error:
            raise MelError(f"{self.path}: {name} is no readable JSON ({error})") from error

    @contextmanager
    def folder(self, prefix: str) -> Iterator[Path]:
        """Give a temporary folder with the files whose names begin with `prefix/`, by the rest.

        For readers that take a folder. It is gone when the block ends. Raises MelError when there
        is no such file.
        """
        names = [name for name in self.names if name.startswith(f"{prefix}/")]
        if not names:
            raise MelError(f"{self.path}: holds no {prefix}; bundle again")
        with TemporaryDirectory(prefix="mel-bundle-") as made:
            for name in names:
                place = Path(made) / name.removeprefix(f"{prefix}/")
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(self.read(name))
            yield Path(made)

    def _compare(self, archive: zipfile.ZipFile, name: str) -> None:
        sha = hashlib.sha256()
        with archive.open(name) as file:
            while chunk := file.read(_CHUNK):
                sha.update(chunk)
        if sha.hexdigest() != self._files[name]["sha256"]:
            raise MelError(
                f"{self.path}: {name} is not the file that was bundled; take a whole copy"
            )
