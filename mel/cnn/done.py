"""A finished fold: its folder, its done-mark, and how to tell it from an unfinished or old one."""

from collections.abc import Mapping
from pathlib import Path

from mel.errors import MelError
from mel.files import digest_file, read_json, write_json

__all__ = ["CHECKPOINT", "MARK", "fold_dir", "is_done", "mark_done", "unmark", "verify"]

CHECKPOINT = "checkpoint.weights.h5"
MARK = "done.json"
_FILES = (CHECKPOINT, "oof.parquet", "test.parquet", "history.parquet")


def fold_dir(member: Path, fold: int) -> Path:
    """Give the folder of one fold of a member."""
    return member / f"fold{fold}"


def mark_done(member: Path, fold: int, inputs: Mapping[str, str]) -> None:
    """Write the done-mark, last of all: what the fold was made from and each file's SHA-256."""
    place = fold_dir(member, fold)
    files = {name: digest_file(place / name) for name in _FILES}
    write_json(place / MARK, {"fold": fold, "inputs": dict(inputs), "files": files})


def unmark(member: Path, fold: int) -> None:
    """Take the mark away, before a fold is trained again."""
    (fold_dir(member, fold) / MARK).unlink(missing_ok=True)


def is_done(member: Path, fold: int, inputs: Mapping[str, str]) -> bool:
    """Say whether the fold is complete and was made from exactly `inputs`."""
    place = fold_dir(member, fold)
    if not (place / MARK).exists() or not all((place / name).exists() for name in _FILES):
        return False
    return bool(read_json(place / MARK)["inputs"] == dict(inputs))


def verify(member: Path, fold: int) -> None:
    """Refuse a fold that is unfinished or in which a file has changed since its mark."""
    place = fold_dir(member, fold)
    for name, digest in read_json(place / MARK)["files"].items():
        if not (place / name).exists() or digest_file(place / name) != digest:
            raise MelError(f"{place / name}: is not the file that was trained; train fold {fold}")
