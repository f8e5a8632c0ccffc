"""One member's scores: checked, kept as Parquet, known by their digest."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self, get_args

import polars as pl

from mel.checks import cast_columns, require_columns, require_unique
from mel.errors import MelError, many
from mel.files import check_digest, digest_frame, read_table, required, write_table
from mel.predictions.foreign import UNKNOWN, Foreign, marked
from mel.tables import Folds

__all__ = ["SCHEMA", "Kind", "Predictions", "Scale"]

Kind = Literal["oof", "test", "in_sample"]
Scale = Literal["", "probability", "logit", "rank"]

SCHEMA = {"image_id": pl.String, "fold": pl.Int16, "score": pl.Float64}


@dataclass(frozen=True)
class Predictions:
    """One member's scores: image_id, fold (null for test) and score, one finite score per id.

    `kind` says how they came about: "oof", each image scored by a model that never saw its fold;
    "test", images outside the folds; "in_sample", images the model was trained on, which nothing
    above may learn from. `folds` is the digest of the fold map of the training. A higher score
    means more likely positive; the scale is the member's own, and `scale` names it where known.
    `seed` is the training's, `inputs` are digests of what the scores were made of, `metric` is the
    AUC of out-of-fold scores, as `mel.metrics.AucReport` has it.

    `foreign` holds, by name, the members among these scores, or among those they were made from,
    that were made on other folds than the ones they are used with: the digest of their own folds or
    "unknown", that of the others (`against`), and what `mel.ensemble.import_scores` found. The own
    scores of such a member pass for no others until somebody lets them in: see `admit`.

    >>> oof = Predictions.read("work/demo/cnn/efficientnetv2_micro-32/oof.parquet")
    >>> oof.name, oof.kind, oof.frame.columns, oof.frame.height
    ('efficientnetv2_micro-32', 'oof', ['image_id', 'fold', 'score'], 84)
    >>> sorted(oof.metric), oof.folds == Folds.read("work/demo/folds.parquet").digest
    (['fold_mean', 'high', 'low', 'pooled'], True)
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

        Raises MelError for a missing column, a duplicate or missing id, a score that is missing or
        not finite, an unknown kind or scale, and a fold where there is none or none where there is
        one. Foreign scores whose folds are unknown have none.

        >>> frame = pl.DataFrame({"image_id": ["b", "a"], "fold": [None] * 2, "score": [0.2, 0.9]})
        >>> test = Predictions.of(frame, name="mine", kind="test", folds="0123456789abcdef")
        >>> test.frame.rows()
        [('a', None, 0.9), ('b', None, 0.2)]
        >>> Predictions.of(frame, name="mine", kind="oof", folds="0123456789abcdef")
        Traceback (most recent call last):
            ...
        mel.errors.MelError: mine (oof): only out-of-fold rows have a fold, and each of them has one
        """
        where = f"{name} ({kind})"
        for what, value, known in (("kind", kind, Kind), ("scale", scale, Scale)):
            if value not in get_args(known):
                names = ", ".join(filter(None, get_args(known)))
                raise MelError(f"{where}: unknown {what}; known: {names}")
        frame = _checked(frame, where, foldless=kind == "test" or folds == UNKNOWN)
        marks = marked(foreign or {}, name, folds, where)
        plain = (dict(inputs or {}), dict(metric or {}))
        return cls(frame, name, kind, folds, seed, *plain, marks, scale)

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
        """Write Parquet with a header, whole or not at all.

        Raises MelError where `path` cannot be written.
        """
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
        """Read and check what `write` wrote.

        Raises MelError for a file that is missing, holds no predictions of mel's, or was changed by
        hand; `mel.ensemble.import_scores` reads those that others made.
        """
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


def _checked(frame: pl.DataFrame, where: str, *, foldless: bool) -> pl.DataFrame:
    require_columns(frame, SCHEMA, where)
    frame = cast_columns(frame.select(*SCHEMA), SCHEMA, where)
    require_unique(frame, where)
    bad = frame.filter(~pl.col("score").is_finite().fill_null(False))
    if bad.height:
        raise MelError(
            f"{where}: score of image {bad['image_id'][0]} is {bad['score'][0]} "
            f"({many(bad.height, 'such row')}); every score must be a finite number"
        )
    if frame.filter(pl.col("fold").is_null() != foldless).height:
        raise MelError(f"{where}: only out-of-fold rows have a fold, and each of them has one")
    return frame.sort("image_id")
