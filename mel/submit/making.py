"""Test predictions -> the CSV that Kaggle takes, and a JSON beside it that says what it is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from mel.ensemble import Blend
from mel.errors import MelError, many
from mel.predictions import Predictions
from mel.submit.beside import begin, refuse_place, write_both
from mel.submit.sample import as_sample, read_sample, sample_digest

__all__ = ["make"]


def make(
    test: Predictions,
    sample: pl.DataFrame | Path | str,
    path: Path | str,
    *,
    oof: Predictions | None = None,
    blend: Blend | None = None,
    synthetic: bool = False,
) -> Path:
    """Write a submission with exactly the sample's header, order and ids, and give its path.

    `sample` is the sample submission or its path. Scores are joined by id, never by position.
    Beside `path`, with the suffix .json, stands what the submission was made of: the digests of the
    predictions, of each member's scores, of the folds and of the file itself, the versions and the
    time, and, once `mel.submit.send` has sent it, its scores on Kaggle. `blend`, where the scores
    are one's, adds the members' weights and the honest AUC; `oof`, the out-of-fold scores that
    belong to `test`, the AUC of anything else. `synthetic` is written there too. Both files are
    whole or absent. A submission of that path that was sent is kept beside the new one.

    Raises MelError, with the first id, when the predictions miss one of the sample's ids or hold
    one that is not the sample's, when they are not test scores, when `path` is the sample or no
    CSV's, and when the disk refuses.

    >>> test = Predictions.read("work/demo/ensemble/blend/test.parquet")
    >>> blend = Blend.read("work/demo/ensemble/blend/blend.json")
    >>> path = make(test, "work/demo/sample_submission.csv", "work/new.csv", blend=blend)
    >>> lines = path.read_text().splitlines()
    >>> lines[0], len(lines), path.with_suffix(".json").is_file()
    ('image_name,target', 37, True)
    """
    path = Path(path)
    refuse_place(path, sample)
    known = as_sample(sample) if isinstance(sample, pl.DataFrame) else read_sample(Path(sample))
    frame = _in_order(test, known)
    facts = {"synthetic": synthetic, "rows": known.height}
    more = _made_of(test, known) | _worth(oof, blend)
    write_both(frame, path, lambda sha256: begin(test.name, **facts, sha256=sha256, **more))
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


def _made_of(test: Predictions, sample: pl.DataFrame) -> dict[str, Any]:
    members: dict[str, dict[str, object]] = {}
    for name, digest in test.inputs.items():
        member, _, kind = name.rpartition("/")
        if member and kind in ("oof", "test"):
            members.setdefault(member, {})[kind] = digest
    return {
        "folds": test.folds,
        "inputs": {"predictions": test.digest, "sample": sample_digest(sample)},
        "members": members,
    } | ({"foreign": sorted(test.foreign)} if test.foreign else {})


def _worth(oof: Predictions | None, blend: Blend | None) -> dict[str, Any]:
    """Give the weights, and the AUC with its interval and the number of images behind it."""
    metric: Mapping[str, Any] = oof.metric if oof else {}
    if blend is not None:
        metric = blend.honest.as_dict()
    if not {"pooled", "low", "high"} <= metric.keys():
        return {}
    cv = {"auc": metric["pooled"], "low": metric["low"], "high": metric["high"]}
    cv |= {"honest": blend is not None, "images": oof.frame.height if oof else None}
    return {"cv": cv} | ({"weights": dict(blend.weights)} if blend else {})
