"""A fold's folder: who may train in it, its done-mark, and whether what is there is whole."""

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mel.errors import MelError
from mel.files import digest_file, read_json, write_json

__all__ = [
    "CHECKPOINT",
    "FILES",
    "MARK",
    "REFERENCE",
    "claimed",
    "fold_dir",
    "gap",
    "is_done",
    "mark_done",
    "unmark",
]

CHECKPOINT = "checkpoint.weights.h5"
MARK = "done.json"
REFERENCE = "reference.parquet"  # sorted held-out logits, for test-time augmentation by rank
FILES = (CHECKPOINT, "oof.parquet", "test.parquet", REFERENCE, "history.parquet")


def fold_dir(member: Path, fold: int) -> Path:
    """Give the folder of one fold of a member."""
    return member / f"fold{fold}"


@contextmanager
def claimed(member: Path, fold: int) -> Iterator[bool]:
    """Hold a fold for one process; the claim ends with the process, however that ends."""
    path = fold_dir(member, fold) / ".lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("w")
    except OSError as error:
        raise MelError(f"{path.parent}: cannot be written ({error.strerror})") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def mark_done(member: Path, fold: int, inputs: Mapping[str, str], seconds: float) -> None:
    """Write the mark, last of all: what the fold was made from, how long it took, its files."""
    place = fold_dir(member, fold)
    files = {name: digest_file(place / name) for name in FILES}
    mark = {"fold": fold, "inputs": dict(inputs), "seconds": round(seconds, 1), "files": files}
    write_json(place / MARK, mark)


def unmark(member: Path, fold: int) -> None:
    """Take the mark away, before a fold's files are replaced."""
    (fold_dir(member, fold) / MARK).unlink(missing_ok=True)


def is_done(member: Path, fold: int, inputs: Mapping[str, str]) -> bool:
    """Say whether the fold was made from exactly `inputs` and each file is still as it was made.

    A mark that cannot be read marks nothing: the fold is trained again.
    """
    place = fold_dir(member, fold)
    try:
        mark = read_json(place / MARK)
    except MelError:
        return False
    if not isinstance(mark, dict) or mark.get("inputs") != dict(inputs):
        return False
    files = mark.get("files")
    if not isinstance(files, dict) or set(files) != set(FILES):
        return False
    whole = (place / name for name in FILES if (place / name).is_file())
    return {path.name: digest_file(path) for path in whole} == files


def gap(member: Path, n_folds: int) -> str:
    """Name the first file that a finished member's folds lack; empty when all are there.

    Only looks whether they are there: `train` and `predict` compare their digests.
    """
    for fold in range(n_folds):
        for name in (MARK, *FILES):
            if not (fold_dir(member, fold) / name).is_file():
                return f"{fold_dir(member, fold).name}/{name} is not there"
    return ""
