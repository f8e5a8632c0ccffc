"""A fold's folder: its marks of being trained and scored, and whether what is there is whole."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mel.errors import MelError
from mel.files import digest_file, read_json, required, write_json

__all__ = [
    "CHECKPOINT",
    "FILES",
    "HISTORY",
    "MARK",
    "REFERENCE",
    "STATE",
    "TRAINED",
    "batch_of",
    "fold_dir",
    "gap",
    "is_done",
    "is_trained",
    "mark_done",
    "mark_trained",
    "scored_in",
    "unmark",
]

CHECKPOINT = "checkpoint.weights.h5"
HISTORY = "history.parquet"
REFERENCE = "reference.parquet"  # sorted held-out logits, for test-time augmentation by rank
STATE = "state.npz"  # what a stopped training goes on from; gone when the fold is trained
TRAINED = "trained.json"  # the mark of the weights: test-time augmentation is not in its inputs
MARK = "done.json"  # the mark of the weights and of the scores
_OF_TRAINING = (CHECKPOINT, HISTORY)
FILES = (CHECKPOINT, "oof.parquet", "test.parquet", REFERENCE, HISTORY)


def fold_dir(member: Path, fold: int) -> Path:
    """Give the folder of one fold of a member."""
    return member / f"fold{fold}"


def mark_trained(
    member: Path, fold: int, inputs: Mapping[str, str], seconds: float, batch: int | None = None
) -> None:
    """Mark a fold's weights: what they were made from, how long it took, their files.

    `batch` is kept for folds that are still to come, see `mel.cnn.jobs.probing`.
    """
    _mark(member, fold, TRAINED, inputs, seconds, _OF_TRAINING, {"batch": batch})


def mark_done(
    member: Path,
    fold: int,
    inputs: Mapping[str, str],
    seconds: float,
    precision: str = "float32",
) -> None:
    """Mark a fold with its scores, last of all; `precision` is what they were computed in."""
    _mark(member, fold, MARK, inputs, seconds, FILES, {"precision": precision})


def scored_in(member: Path, fold: int) -> str:
    """Give the precision in which a fold's scores were computed, such as mixed_bfloat16.

    Raises MelError for a fold that is not finished.

    >>> member = Path("work/demo/cnn/efficientnetv2_micro-32")
    >>> scored_in(member, fold=0) in ("float32", "mixed_bfloat16", "mixed_float16")
    True
    """
    return str(read_json(fold_dir(member, fold) / MARK).get("precision", "float32"))


def _mark(
    member: Path,
    fold: int,
    mark: str,
    inputs: Mapping[str, str],
    seconds: float,
    names: Sequence[str],
    more: Mapping[str, object] | None = None,
) -> None:
    place = fold_dir(member, fold)
    files = {name: digest_file(place / name) for name in names}
    said = {"fold": fold, "inputs": dict(inputs), "seconds": round(seconds, 1), "files": files}
    write_json(place / mark, said | dict(more or {}))


def unmark(member: Path, fold: int, *, trained: bool = False) -> None:
    """Take the mark of the scores away, before they are replaced; with `trained`, both marks."""
    for mark in (MARK, TRAINED) if trained else (MARK,):
        (fold_dir(member, fold) / mark).unlink(missing_ok=True)


def is_trained(member: Path, fold: int, inputs: Mapping[str, str]) -> bool:
    """Say whether the fold's weights were made from exactly `inputs` and are as they were made.

    A mark that cannot be read marks nothing: the fold is trained again.
    """
    return _marked(fold_dir(member, fold), TRAINED, inputs, _OF_TRAINING)


def is_done(member: Path, fold: int, inputs: Mapping[str, str]) -> bool:
    """Say the same of the fold's weights and scores together."""
    return _marked(fold_dir(member, fold), MARK, inputs, FILES)


def batch_of(member: Path, training_digest: str) -> int | None:
    """Give the images a step of a fold that was trained by these settings; None without one."""
    for path in sorted(member.glob(f"fold*/{TRAINED}")):
        try:
            mark = required(read_json(path), {"inputs": dict, "batch": int}, str(path))
        except MelError:
            continue
        if mark["inputs"].get("settings") == training_digest and mark["batch"] > 0:
            return int(mark["batch"])
    return None


def _marked(place: Path, name: str, inputs: Mapping[str, str], names: Sequence[str]) -> bool:
    try:
        mark = read_json(place / name)
    except MelError:
        return False
    if not isinstance(mark, dict) or mark.get("inputs") != dict(inputs):
        return False
    files = mark.get("files")
    if not isinstance(files, dict) or set(files) != set(names):
        return False
    whole = (place / file for file in names if (place / file).is_file())
    return {path.name: digest_file(path) for path in whole} == files


def gap(member: Path, n_folds: int) -> str:
    """Name the first file that a finished member's folds lack; empty when all are there.

    Only looks whether they are there: `train` and `predict` compare their digests.

    >>> member = Path("work/demo/cnn/efficientnetv2_micro-32")
    >>> gap(member, n_folds=2), gap(member, n_folds=3)
    ('', 'fold2/done.json is not there')
    """
    for fold in range(n_folds):
        for name in (MARK, TRAINED, *FILES):
            if not (fold_dir(member, fold) / name).is_file():
                return f"{fold_dir(member, fold).name}/{name} is not there"
    return ""
