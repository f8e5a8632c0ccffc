"""Test predictions -> the CSV that Kaggle takes, and a JSON beside it that says what it is."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from mel.errors import MelError, many
from mel.files import atomic, digest_file, versions, write_json
from mel.predictions import Predictions
from mel.submit.sample import as_sample, sample_digest

__all__ = ["make"]


def make(
    test: Predictions, sample: pl.DataFrame, path: Path | str, *, synthetic: bool = False
) -> Path:
    """Write a submission with exactly the sample's header, order and ids, and give its path.

    Scores are joined by id, never by position. Beside `path`, with the suffix .json, stands what
    the submission was made of: the predictions' name and digest, the folds' digest, the digest of
    the file itself, the versions and the time; `synthetic` is written there too. Both files are
    whole or absent.

    Raises MelError, with the first id, when the predictions miss one of the sample's ids or hold
    one that is not the sample's, when they are not test scores, and when the disk refuses.

    >>> from tempfile import TemporaryDirectory
    >>> scores = pl.DataFrame({"image_id": ["a", "b"], "fold": [None, None], "score": [0.1, 0.9]})
    >>> test = Predictions.of(scores, name="blend", kind="test", folds="0123456789abcdef")
    >>> sample = pl.DataFrame({"image_name": ["b", "a"], "target": ["0", "0"]})
    >>> with TemporaryDirectory() as folder:
    ...     print(make(test, sample, Path(folder) / "blend.csv").read_text())
    image_name,target
    b,0.9
    a,0.1
    """
    path, sample = Path(path), as_sample(sample)
    frame = _in_order(test, sample)
    with atomic(path) as temporary:
        frame.write_csv(temporary)
    write_json(path.with_suffix(".json"), _made_of(test, sample, path, synthetic))
    return path


def _in_order(test: Predictions, sample: pl.DataFrame) -> pl.DataFrame:
    """Give the sample's rows with the predictions' scores."""
    if test.kind != "test":
        raise MelError(f"{test.name}: scores are {test.kind}, not of the test images")
    key, value = sample.columns
    wanted, given = set(sample[key]), set(test.frame["image_id"])
    _refuse(test.name, wanted - given, "of the sample submission has no score", "predict again")
    _refuse(
        test.name,
        given - wanted,
        "has a score but is not in the sample submission",
        "give the sample that belongs to this test set",
    )
    scores = test.frame.select(pl.col("image_id").alias(key), pl.col("score").alias(value))
    return sample.select(key).join(
        scores, on=key, how="left", validate="1:1", maintain_order="left"
    )


def _refuse(name: str, ids: set[str], fault: str, remedy: str) -> None:
    if ids:
        raise MelError(
            f"{name}: image {min(ids)!r} {fault} ({many(len(ids), 'such image')}); {remedy}"
        )


def _made_of(
    test: Predictions, sample: pl.DataFrame, path: Path, synthetic: bool
) -> dict[str, object]:
    return {
        "kind": "submission",
        "schema": 1,
        "name": test.name,
        "synthetic": synthetic,
        "rows": sample.height,
        "sha256": digest_file(path),
        "folds": test.folds,
        "inputs": {"predictions": test.digest, "sample": sample_digest(sample)},
        "versions": versions(),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }
