"""The archive that a bundle is: its entries plain, its manifest sealed, nothing besides."""

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mel.bundles.names import KIND, MANIFEST, MOST, SCHEMA, check_names
from mel.errors import MelError
from mel.files import check_digest, digest_json, parse_json, required

__all__ = ["opened", "plain_entries", "read_manifest"]

_SEALED = {"kind": str, "schema": int, "facts": dict, "files": dict}
_BROKEN = (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, ValueError)
_ENCRYPTED, _TYPE, _FILE = 1, 0o170000, 0o100000  # bits of a ZIP entry: a flag, a file's type
Entries = Mapping[str, zipfile.ZipInfo]


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open the archive; MelError for what is none, and for damage met while it is read."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except MelError:
        raise
    except FileNotFoundError:
        raise MelError(
            f"{path}: no such bundle; correct the path, or make it: mel ensemble bundle"
        ) from None
    except _BROKEN as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise MelError(f"{path}: is no whole bundle ({reason}); take a whole copy") from error


def plain_entries(archive: zipfile.ZipFile, path: Path) -> Entries:
    """Give the archive's entries by name, manifest first: plain files, none compressed.

    Uncompressed, no entry is larger than the archive itself. Raises MelError for anything else.
    """
    infos = archive.infolist()
    begins = bool(infos) and infos[0].filename == MANIFEST and infos[0].header_offset == 0
    if not begins or archive.comment or infos[0].file_size > MOST:
        raise _no_bundle(path)
    check_names([info.filename for info in infos], str(path))
    for info in infos:
        stored = info.compress_type == zipfile.ZIP_STORED and info.file_size == info.compress_size
        type_bits = info.external_attr >> 16 & _TYPE
        if not stored or info.flag_bits & _ENCRYPTED or type_bits not in (0, _FILE):
            raise MelError(
                f"{path}: {info.filename} is compressed, encrypted or a link, which no file of a "
                "bundle is; take another"
            )
    return {info.filename: info for info in infos}


def read_manifest(archive: zipfile.ZipFile, path: Path, entries: Entries) -> dict[str, Any]:
    """Give the manifest, which lists exactly the other entries, each of its size.

    Raises MelError for another kind or schema, a manifest changed by hand, and, by name, for a
    file that it lacks, does not list, or knows with another size.
    """
    where = f"{path}: {MANIFEST}"
    try:
        content = parse_json(archive.read(MANIFEST).decode())
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise MelError(f"{where} is no readable JSON ({error}); take a whole copy") from error
    if not isinstance(content, dict) or content.get("kind") != KIND:
        raise _no_bundle(path)
    if content.get("schema") != SCHEMA:
        raise MelError(
            f"{path}: has schema {content.get('schema')!r}, this mel reads {SCHEMA}; bundle again, "
            "or use the mel that made it"
        )
    found = required(content, {"digest": str, "versions": dict} | _SEALED, where)
    check_digest(path, found["digest"], digest_json({key: found[key] for key in _SEALED}))
    _check_files(found["files"], entries, path)
    return found


def _check_files(files: Mapping[str, Any], entries: Entries, path: Path) -> None:
    for name in sorted(set(files) ^ (set(entries) - {MANIFEST})):
        fault = "lacks" if name in files else "holds, unknown to its manifest,"
        raise MelError(f"{path}: {fault} {name}; take a whole copy")
    for name, said in files.items():
        keys = {"size": int, "sha256": str}
        if required(said, keys, f"{path}: {MANIFEST}: {name}")["size"] != entries[name].file_size:
            raise MelError(f"{path}: {name} is not the file that was bundled; take a whole copy")


def _no_bundle(path: Path) -> MelError:
    return MelError(f"{path}: is no bundle; give a file that `mel ensemble bundle` wrote")
