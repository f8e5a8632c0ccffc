"""Blend: the weights and ranking references that score one image as they score a batch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from mel.checks import require_columns, require_unique
from mel.ensemble.calibration import Calibration
from mel.ensemble.mixing import RANK, Scale, combine
from mel.ensemble.operating import OperatingPoint
from mel.ensemble.ranks import Floats
from mel.errors import MelError, many
from mel.files import check_digest, digest_json, read_json, required, versions, write_json
from mel.metrics import AucReport

__all__ = ["Blend"]

_KIND, _SCHEMA = "blend", 2
_KEYS = (
    {"name": str, "method": str, "folds": str, "ranks": str}
    | dict.fromkeys(
        ("weights", "references", "scale", "objective", "honest", "naive", "inputs"), dict
    )
    | {"spread": object, "calibration": object, "operating_points": list, "advice": list}
)
_NEAR_ONE = 1e-9
AUC = {"name": "auc", "min_tpr": 0.0}
_OBJECTIVES = ("auc", "partial_auc")


@dataclass(frozen=True, eq=False)
class Blend:
    """A weighted mean of members' percentiles, each against its own stored OOF scores.

    Holds only members with a weight: whoever serves a Blend need run no other. A negative weight
    counts the member's mirror image, 1 - p for a percentile p; the sizes of the weights sum to 1.
    `references` are each member's out-of-fold scores, sorted; `folds` is the digest of the fold
    map they were made on. `scale` is the one on which percentiles are averaged; `spread`, where
    there is one, holds the out-of-fold images' own blends, sorted, and a score is its percentile
    among them (blends that may have negative weights). `honest` is the AUC with weights and
    references found on the other folds, `naive` with both found on the very rows that are scored.
    `objective` says what the weights were chosen for, and `ranks` whether they were chosen, and
    both AUCs measured, by percentiles among "all" rows or within each "fold"; neither changes how
    an image is scored here. `calibration` turns scores into probabilities, `operating_points` hold
    the user's objective and its threshold, `advice` what the proof said in words.
    """

    name: str
    method: str
    folds: str
    weights: Mapping[str, float]
    references: Mapping[str, Floats]
    honest: AucReport
    naive: AucReport
    inputs: Mapping[str, str] = field(default_factory=dict)
    scale: Scale = RANK
    spread: Floats | None = None
    objective: Mapping[str, Any] = field(default_factory=lambda: dict(AUC))
    ranks: str = "all"
    calibration: Calibration | None = None
    operating_points: tuple[OperatingPoint, ...] = ()
    advice: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.ranks not in ("all", "fold") or self.objective["name"] not in _OBJECTIVES:
            raise MelError(
                f"blend {self.name}: ranks {self.ranks!r} or objective {self.objective['name']!r} "
                "is none that this mel knows; blend again"
            )
        sizes = [abs(weight) for weight in self.weights.values()]
        total = sum(sizes)
        if not (abs(total - 1) <= _NEAR_ONE and min(sizes) > 0):  # NaN is neither
            raise MelError(
                f"blend {self.name}: weights {dict(self.weights)} must not be 0 and sum, without "
                f"their signs, to 1, not {total:g}; blend again"
            )
        if set(self.weights) != set(self.references):
            odd = min(set(self.weights) ^ set(self.references))
            raise MelError(f"blend {self.name}: {odd} lacks its weight or its ranking reference")
        for member, scores in self.references.items():
            if not _is_reference(scores):
                raise MelError(
                    f"blend {self.name}: the reference of {member} must be sorted finite scores; "
                    "blend again"
                )
        if self.spread is not None and not _is_reference(self.spread):
            raise MelError(f"blend {self.name}: its spread must be sorted finite scores")

    @property
    def members(self) -> tuple[str, ...]:
        """The members' names: the columns that `score` needs."""
        return tuple(self.weights)

    def score(self, wide: pl.DataFrame) -> pl.DataFrame:
        """Score a frame of image_id and a column a member: image_id and score, from 0 to 1.

        Rows keep their order; other columns are ignored. An image's score depends on its own row
        alone, to the last bit. Raises MelError naming the member whose column is missing or holds
        something else than finite numbers, and for a missing or repeated id.

        >>> report = AucReport(0.9, 0.9, 0.8, 1.0)
        >>> reference = {"a": np.array([0.1, 0.2, 0.3, 0.4])}
        >>> blend = Blend("blend", "mean", "f01d5", {"a": 1.0}, reference, report, report)
        >>> blend.score(pl.DataFrame({"image_id": ["x", "y"], "a": [0.3, 0.05]}))["score"].to_list()
        [0.625, 0.0]
        """
        where = f"blend {self.name}"
        require_columns(wide, ("image_id", *self.members), where)
        require_unique(wide, where)
        columns = [_finite(wide, member, where) for member in self.members]
        scores = combine(
            columns, self._sorted, list(self.weights.values()), self.scale, self.spread
        )
        return wide.select(pl.col("image_id").cast(pl.String), pl.Series("score", scores))

    def probability(self, scores: ArrayLike, prevalence: float | None = None) -> Floats:
        """Give the calibrated probabilities of blend scores, each from its own score alone.

        At `prevalence`, where positives are rarer or more frequent than the calibration says they
        are. Raises MelError for a blend that holds no calibration.
        """
        if self.calibration is None:
            raise MelError(f"blend {self.name}: holds no calibration; blend again")
        return self.calibration.apply(scores, prevalence)

    @property
    def _sorted(self) -> list[Floats]:
        return [self.references[member] for member in self.members]

    @cached_property
    def digest(self) -> str:
        """Sixteen hex digits of all that the file holds, but for the versions."""
        return digest_json(self._content())

    def _content(self) -> dict[str, Any]:
        return {
            "kind": _KIND,
            "schema": _SCHEMA,
            "name": self.name,
            "method": self.method,
            "folds": self.folds,
            "weights": dict(self.weights),
            "scale": self.scale.as_dict(),
            "spread": None if self.spread is None else self.spread.tolist(),
            "objective": dict(self.objective),
            "ranks": self.ranks,
            "calibration": None if self.calibration is None else self.calibration.as_dict(),
            "operating_points": [point.as_dict() for point in self.operating_points],
            "advice": list(self.advice),
            "honest": self.honest.as_dict(),
            "naive": self.naive.as_dict(),
            "inputs": dict(self.inputs),
            "references": {name: self.references[name].tolist() for name in self.members},
        }

    def write(self, path: Path | str) -> None:
        """Write JSON with its digest, whole or not at all."""
        write_json(Path(path), {"digest": self.digest, "versions": versions()} | self._content())

    @classmethod
    def read(cls, path: Path | str) -> Self:
        """Read and check what `write` wrote; a file changed by hand is refused."""
        content = _checked(read_json(path := Path(path)), path)
        try:
            return cls._of(content)
        except (MelError, TypeError, ValueError) as error:
            raise MelError(f"{path}: is no blend ({error}); blend again") from error

    @classmethod
    def _of(cls, content: Mapping[str, Any]) -> Self:
        references = {name: np.array(known, float) for name, known in content["references"].items()}
        return cls(
            name=content["name"],
            method=content["method"],
            folds=content["folds"],
            weights=content["weights"],
            references=references,
            honest=_report(content, "honest"),
            naive=_report(content, "naive"),
            inputs=content["inputs"],
            scale=Scale.of(required(content["scale"], {"kind": str, "exponent": float}, "scale")),
            spread=None if content["spread"] is None else np.array(content["spread"], float),
            objective=required(content["objective"], {"name": str, "min_tpr": float}, "objective"),
            ranks=content["ranks"],
            calibration=None
            if content["calibration"] is None
            else Calibration.of(content["calibration"]),
            operating_points=tuple(map(OperatingPoint.of, content["operating_points"])),
            advice=tuple(content["advice"]),
        )


def _is_reference(scores: Floats) -> bool:
    fine = scores.ndim == 1 and scores.size and np.isfinite(scores).all()
    return bool(fine and (np.diff(scores) >= 0).all())


def _report(content: Mapping[str, Any], which: str) -> AucReport:
    aucs = dict.fromkeys(("pooled", "fold_mean", "low", "high"), float)
    return AucReport(**required(content[which], aucs, which))


def _finite(wide: pl.DataFrame, member: str, where: str) -> Floats:
    column = wide[member]
    if not column.dtype.is_numeric():
        raise MelError(
            f"{where}: column {member!r} holds {column.dtype}, not numbers; give its scores"
        )
    values = column.cast(pl.Float64)
    fine = values.is_finite().fill_null(False)
    if not fine.all():
        row = int((~fine).arg_true()[0])
        raise MelError(
            f"{where}: {member} scores image {wide['image_id'][row]} {column[row]} "
            f"({many(int((~fine).sum()), 'such row')}); every score must be a finite number"
        )
    return values.to_numpy()


def _checked(content: Any, path: Path) -> dict[str, Any]:
    if not isinstance(content, dict) or content.get("kind") != _KIND:
        raise MelError(f"{path}: is no blend; give the blend.json that `mel ensemble blend` wrote")
    if content.get("schema") != _SCHEMA:
        raise MelError(
            f"{path}: has schema {content.get('schema')!r}, this mel reads {_SCHEMA}; blend again"
        )
    stated = content.pop("digest", None)
    content.pop("versions", None)
    check_digest(path, stated, digest_json(content))
    return required(content, _KEYS, str(path))
