"""Predictions: scores by image_id, the one currency between rooms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self, get_args

import polars as pl

from mel.checks import cast_columns, require_columns, require_unique
from mel.errors import MelError, many
from mel.files import check_digest, digest_frame, read_table, required, write_table
from mel.tables import Folds

__all__ = ["Kind", "Predictions", "oof_matrix", "test_matrix"]

Kind = Literal["oof", "test", "in_sample"]
_SCHEMA = {"image_id": pl.String, "fold": pl.Int16, "score": pl.Float64}


@dataclass(frozen=True)
class Predictions:
    """One member's scores: image_id, fold (null for test) and score, one finite score per id.

    `kind` says how they came about: "oof", each image scored by a model that never saw its fold;
    "test", images outside the folds; "in_sample", images the model was trained on, which nothing
    above may learn from. `folds` is the digest of the fold map of the training. A higher score
    means more likely positive; the scale is the member's own.
    """

    frame: pl.DataFrame
    name: str
    kind: Kind
    folds: str
    seed: int = 0
    inputs: Mapping[str, str] = field(default_factory=dict)
    metric: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        frame: pl.DataFrame,
        *,
        name: str,
        kind: Kind,
        folds: str,
        seed: int = 0,
        inputs: Mapping[str, str] | None = None,
        metric: Mapping[str, Any] | None = None,
    ) -> Self:
        """Check a frame of image_id, fold and score, and sort it by image_id.

        Raises MelError for a missing column, a duplicate or missing id, a score that is missing
        or not finite, an unknown kind, and a fold where there is none or none where there is one.
        """
        where = f"{name} ({kind})"
        if kind not in get_args(Kind):
            raise MelError(f"{where}: unknown kind; known: {', '.join(get_args(Kind))}")
        require_columns(frame, ("image_id", "fold", "score"), where)
        frame = cast_columns(frame.select(*_SCHEMA), _SCHEMA, where)
        require_unique(frame, where)
        bad = frame.filter(~pl.col("score").is_finite().fill_null(False))
        if bad.height:
            raise MelError(
                f"{where}: score of image {bad['image_id'][0]} is {bad['score'][0]} "
                f"({many(bad.height, 'such row')}); every score must be a finite number"
            )
        if frame.filter(pl.col("fold").is_null() != (kind == "test")).height:
            raise MelError(f"{where}: only out-of-fold rows have a fold, and each of them has one")
        frame = frame.sort("image_id")
        return cls(frame, name, kind, folds, seed, dict(inputs or {}), dict(metric or {}))

    @cached_property
    def digest(self) -> str:
        """Sixteen hex digits of the scores, whatever the order of the rows."""
        return digest_frame(self.frame)

    def write(self, path: Path | str) -> None:
        """Write Parquet with a header, whole or not at all."""
        header = {
            "kind": "predictions",
            "name": self.name,
            "scores": self.kind,
            "digest": self.digest,
            "folds": self.folds,
            "seed": self.seed,
            "inputs": dict(self.inputs),
            "metric": dict(self.metric),
        }
        write_table(Path(path), self.frame, header)

    @classmethod
    def read(cls, path: Path | str) -> Self:
        """Read and check what `write` wrote; a file changed by hand is refused."""
        frame, header = read_table(path := Path(path), "predictions")
        required(header, {"scores": str, "folds": str, "seed": int, "metric": dict}, str(path))
        found = cls.of(
            frame,
            name=header["name"],
            kind=header["scores"],
            folds=header["folds"],
            seed=header["seed"],
            inputs=header["inputs"],
            metric=header["metric"],
        )
        check_digest(path, header["digest"], found.digest)
        return found


def _check_oof(member: Predictions, folds: Folds) -> None:
    if member.kind != "oof":
        raise MelError(
            f"{member.name}: scores are {member.kind}, not out-of-fold; nothing may learn from them"
        )
    if member.folds != folds.digest:
        raise MelError(
            f"{member.name}: was made on folds {member.folds}, these are {folds.digest}; "
            "train it again on these folds"
        )
    known, mine = set(folds.frame["image_id"]), set(member.frame["image_id"])
    if known != mine:
        odd = min(known ^ mine)
        lack = "has no score" if odd in known else "is in no fold"
        raise MelError(
            f"{member.name}: image {odd!r} {lack} ({many(len(known ^ mine), 'such image')})"
        )
    if not member.frame.select("image_id", "fold").equals(folds.frame):
        raise MelError(
            f"{member.name}: its fold column disagrees with folds {folds.digest}: "
            "some scores are in-sample; train it again on these folds"
        )


def _check_names(members: Sequence[Predictions]) -> None:
    names = [member.name for member in members]
    if not names:
        raise MelError("no members given; name at least one trained member")
    for name in names:
        if name in _SCHEMA:
            raise MelError(f"{name}: is a column's name; call the member something else")
        if names.count(name) > 1:
            raise MelError(f"{name}: given {names.count(name)} times; name each member once")


def oof_matrix(members: Sequence[Predictions], folds: Folds) -> pl.DataFrame:
    """Join members' out-of-fold scores by image_id: image_id, fold, then a column a member.

    Raises MelError, naming the member, for scores that are not out-of-fold, that were made on
    other folds, that miss an image or hold a strange one, and for a name given twice.
    """
    _check_names(members)
    wide = folds.frame
    for member in members:
        _check_oof(member, folds)
        scores = member.frame.select("image_id", pl.col("score").alias(member.name))
        wide = wide.join(scores, on="image_id", how="left", validate="1:1")
    return wide.sort("image_id")


def test_matrix(members: Sequence[Predictions]) -> pl.DataFrame:
    """Join members' test scores by image_id: image_id, then a column a member.

    Raises MelError when a member's scores are not test scores, or were made on other folds or
    hold other images than the first member's.
    """
    _check_names(members)
    wide = members[0].frame.select("image_id")
    for member in members:
        if member.kind != "test":
            raise MelError(f"{member.name}: scores are {member.kind}, not of the test images")
        if member.folds != members[0].folds:
            raise MelError(
                f"{member.name}: was made on folds {member.folds}, {members[0].name} on "
                f"{members[0].folds}; train both on the same folds"
            )
        odd = set(wide["image_id"]) ^ set(member.frame["image_id"])
        if odd:
            raise MelError(
                f"{member.name}: and {members[0].name} score different test images "
                f"(image {min(odd)!r}, {len(odd)} such); predict again"
            )
        scores = member.frame.select("image_id", pl.col("score").alias(member.name))
        wide = wide.join(scores, on="image_id", how="left", validate="1:1")
    return wide.sort("image_id")


test_matrix.__test__ = False  # type: ignore[attr-defined]  # pytest: not a test
