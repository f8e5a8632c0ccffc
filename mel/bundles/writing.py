"""Write a bundle: whole or not at all, and the same bytes for the same content."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mel.bundles.names import KIND, MANIFEST, SCHEMA, check_names
from mel.digests import digest_json
from mel.errors import MelError
from mel.files import atomic, versions

__all__ = ["write_bundle"]

_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a ZIP can hold: no date makes two writings differ
_MODE = 0o100644 << 16  # a plain file
_CHUNK = 1 << 20


def write_bundle(
    path: Path | str, files: Mapping[str, bytes | Path], facts: Mapping[str, Any]
) -> str:
    """Write `files` into the bundle `path`, and give its digest: 16 hexadecimal digits.

    Names are as in the bundle, `members/a/member.json`; a file is given as its bytes or by its
    path. `facts`, plain data for JSON, go into the manifest beside each file's size and SHA-256.
    The digest is of all that. A bundle of the same name is replaced once the new one is whole.

    Raises MelError for a name that no bundle holds, a file that is missing or changes while it is
    written, and a place that cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     digest = write_bundle(Path(folder) / "a.mel", {"card.md": b"# A card"}, {"name": "a"})
    >>> len(digest)
    16
    """
    path = Path(path)
    check_names([MANIFEST, *files], str(path))
    if path.is_dir():
        raise MelError(f"{path}: is a folder; name a file")
    ordered = dict(sorted(files.items()))
    entries = {name: _entry(content) for name, content in ordered.items()}
    content = {"kind": KIND, "schema": SCHEMA, "facts": dict(facts), "files": entries}
    digest = digest_json(content)
    manifest = {"digest": digest, "versions": versions()} | content
    text = json.dumps(manifest, indent=1, allow_nan=False) + "\n"
    with atomic(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        _put(archive, MANIFEST, text.encode())
        for name, given in ordered.items():
            if _put(archive, name, given) != entries[name]["sha256"]:
                raise MelError(f"{path}: {name} changed while it was written; bundle again")
    return digest


def _entry(content: bytes | Path) -> dict[str, Any]:
    if isinstance(content, bytes):
        return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    try:
        with content.open("rb") as file:
            sha = hashlib.file_digest(file, "sha256").hexdigest()
            return {"size": file.tell(), "sha256": sha}
    except OSError as error:
        raise MelError(f"{content}: cannot be read ({error.strerror}); make it again") from None


def _put(archive: zipfile.ZipFile, name: str, content: bytes | Path) -> str:
    """Write one entry, a chunk at a time; give the SHA-256 of what was written."""
    info = zipfile.ZipInfo(name, _DATE)
    info.external_attr, info.create_system = _MODE, 3
    sha = hashlib.sha256()
    with archive.open(info, "w", force_zip64=True) as entry:
        if isinstance(content, bytes):
            sha.update(content)
            entry.write(content)
            return sha.hexdigest()
        with content.open("rb") as file:
            while chunk := file.read(_CHUNK):
                sha.update(chunk)
                entry.write(chunk)
    return sha.hexdigest()
