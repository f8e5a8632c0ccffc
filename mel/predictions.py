"""Predictions: scores by image_id, the one currency between rooms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self, get_args

import polars as pl

from mel.checks import cast_columns, require_columns, require_unique
from mel.errors import MelError, many
from mel.files import check_digest, digest_frame, read_table, required, write_table
from mel.tables import Folds

__all__ = [
    "UNKNOWN",
    "Foreign",
    "Kind",
    "Predictions",
    "Scale",
    "foreign_in",
    "foreign_note",
    "oof_matrix",
    "test_matrix",
]

Kind = Literal["oof", "test", "in_sample"]
Scale = Literal["", "probability", "logit", "rank"]
Foreign = Mapping[str, Mapping[str, Any]]

UNKNOWN = "unknown"  # stands for the digest of folds that nobody told
_SCHEMA = {"image_id": pl.String, "fold": pl.Int16, "score": pl.Float64}


@dataclass(frozen=True)
class Predictions:
    """One member's scores: image_id, fold (null for test) and score, one finite score per id.

    `kind` says how they came about: "oof", each image scored by a model that never saw its fold;
    "test", images outside the folds; "in_sample", images the model was trained on, which nothing
    above may learn from. `folds` is the digest of the fold map of the training. A higher score
    means more likely positive; the scale is the member's own, and `scale` names it where known.

    `foreign` holds, by name, the members among these scores, or among those they were made from,
    that were made on other folds than the ones they are used with: the digest of their own folds
    or "unknown", that of the others (`against`), and what `mel.ensemble.import_scores` found. The
    own scores of such a member pass for no others until somebody lets them in: see `admit`.
    """

    frame: pl.DataFrame
    name: str
    kind: Kind
    folds: str
    seed: int = 0
    inputs: Mapping[str, str] = field(default_factory=dict)
    metric: Mapping[str, Any] = field(default_factory=dict)
    foreign: Foreign = field(default_factory=dict)
    scale: Scale = ""
    admitted: str = ""  # the digest of the folds these foreign scores may be used with; not kept

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
        foreign: Foreign | None = None,
        scale: Scale = "",
    ) -> Self:
        """Check a frame of image_id, fold and score, and sort it by image_id.

        Raises MelError for a missing column, a duplicate or missing id, a score that is missing
        or not finite, an unknown kind or scale, and a fold where there is none or none where there
        is one. Foreign scores whose folds are unknown have none.
        """
        where = f"{name} ({kind})"
        for what, value, known in (("kind", kind, Kind), ("scale", scale, Scale)):
            if value not in get_args(known):
                names = ", ".join(filter(None, get_args(known)))
                raise MelError(f"{where}: unknown {what}; known: {names}")
        require_columns(frame, ("image_id", "fold", "score"), where)
        frame = cast_columns(frame.select(*_SCHEMA), _SCHEMA, where)
        require_unique(frame, where)
        bad = frame.filter(~pl.col("score").is_finite().fill_null(False))
        if bad.height:
            raise MelError(
                f"{where}: score of image {bad['image_id'][0]} is {bad['score'][0]} "
                f"({many(bad.height, 'such row')}); every score must be a finite number"
            )
        without = kind == "test" or folds == UNKNOWN
        if frame.filter(pl.col("fold").is_null() != without).height:
            raise MelError(f"{where}: only out-of-fold rows have a fold, and each of them has one")
        marks = _marked(foreign or {}, name, folds, where)
        plain = (dict(inputs or {}), dict(metric or {}))
        return cls(frame.sort("image_id"), name, kind, folds, seed, *plain, marks, scale)

    @cached_property
    def digest(self) -> str:
        """Sixteen hex digits of the scores, whatever the order of the rows."""
        return digest_frame(self.frame)

    @property
    def basis(self) -> str:
        """The digest of the folds that these scores may be used with: their own, or `admitted`."""
        return self.admitted if self.admitted and self.name in self.foreign else self.folds

    def admit(self, folds: Folds) -> Self:
        """Let foreign scores in: give them as scores that may be used with `folds` all the same.

        Only a user can say so: what is made of them can be too good. Scores that are not foreign
        are given as they are. Raises MelError for scores that were compared with other folds.
        """
        mark = self.foreign.get(self.name)
        if mark is None:
            return self
        if mark["against"] != folds.digest:
            raise MelError(
                f"{self.name}: its foreign scores were compared with folds {mark['against']}, "
                f"these are {folds.digest}; import them again: mel ensemble import"
            )
        return replace(self, admitted=folds.digest)

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
        more = {"foreign": {k: dict(v) for k, v in self.foreign.items()}, "scale": self.scale}
        write_table(Path(path), self.frame, header | {k: v for k, v in more.items() if v})

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
            foreign=required({"foreign": {}} | header, {"foreign": dict}, str(path))["foreign"],
            scale=header.get("scale", ""),
        )
        check_digest(path, header["digest"], found.digest)
        return found


def _marked(foreign: Foreign, name: str, folds: str, where: str) -> dict[str, dict[str, Any]]:
    """Check the marks: scores made on folds nobody knows are foreign, and say so."""
    keys = {"folds": str, "against": str}
    marks = {member: required(mark, keys, where) for member, mark in foreign.items()}
    own = marks.get(name, {"folds": "" if folds == UNKNOWN else folds})["folds"]
    if own != folds:
        raise MelError(
            f"{where}: its folds are {folds}, its mark as foreign scores says {own or 'nothing'}; "
            "import it again: mel ensemble import"
        )
    return marks


def foreign_in(members: Sequence[Predictions]) -> dict[str, Mapping[str, Any]]:
    """Give the foreign marks of all members, for what is made from them.

    A stack or blend that keeps them says for ever whose scores it rests on.
    """
    return {name: mark for member in members for name, mark in member.foreign.items()}


def foreign_note(foreign: Foreign) -> str:
    """Say in a sentence which members are foreign and what that can cost; empty without any.

    >>> print(foreign_note({"cp_1": {"folds": "f01d5", "against": "a" * 16}}))
    Foreign, made on other folds: cp_1. The networks that scored ...
    """
    if not foreign:
        return ""
    return (
        f"Foreign, made on other folds: {', '.join(sorted(foreign))}. The networks that scored a "
        "fold's images saw other targets of that fold, so every AUC of a stack or a blend with "
        "them can be too high; only images that no network saw can tell."
    )


def _check_oof(member: Predictions, folds: Folds) -> None:
    if member.kind != "oof":
        raise MelError(
            f"{member.name}: scores are {member.kind}, not out-of-fold; nothing may learn from them"
        )
    if member.basis != folds.digest:
        raise MelError(
            f"{member.name}: was made on folds {member.folds}, these are {folds.digest}; "
            f"{_way(member)}"
        )
    known, mine = set(folds.frame["image_id"]), set(member.frame["image_id"])
    if known != mine:
        odd = min(known ^ mine)
        lack = "has no score" if odd in known else "is in no fold"
        raise MelError(
            f"{member.name}: image {odd!r} {lack} ({many(len(known ^ mine), 'such image')})"
        )
    native = member.folds == folds.digest
    if native and not member.frame.select("image_id", "fold").equals(folds.frame):
        raise MelError(
            f"{member.name}: its fold column disagrees with folds {folds.digest}: "
            "some scores are in-sample; train it again on these folds"
        )


def _way(member: Predictions) -> str:
    if member.name not in member.foreign:
        return "train it again on these folds"
    return "foreign scores need to be let in: foreign = true in the recipe, or admit(folds)"


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
    other folds and not let in (`Predictions.admit`), that miss an image or hold a strange one,
    and for a name given twice.
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
        if member.basis != members[0].basis:
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
