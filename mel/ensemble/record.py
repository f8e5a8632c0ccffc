"""Record: what blend.json holds, checked, written and read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from mel.ensemble.calibration import Calibration
from mel.ensemble.contents import KIND, SCHEMA, auc_of, check_weights, checked, sorted_of
from mel.ensemble.mixing import RANK, Scale
from mel.ensemble.operating import OperatingPoint
from mel.ensemble.ranks import Floats
from mel.errors import MelError
from mel.files import digest_json, read_json, required, versions, write_json
from mel.metrics import AucReport

__all__ = ["Record"]

AUC = {"name": "auc", "min_tpr": 0.0}
_OBJECTIVES = ("auc", "partial_auc")


@dataclass(frozen=True, eq=False)
class Record:
    """The fields of a Blend, which says what each means; plain numbers and text."""

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
    peers: Floats | None = None

    def __post_init__(self) -> None:
        if self.ranks not in ("all", "fold") or self.objective["name"] not in _OBJECTIVES:
            raise MelError(
                f"blend {self.name}: ranks {self.ranks!r} or objective {self.objective['name']!r} "
                "is none that this mel knows; blend again"
            )
        check_weights(self.name, self.weights)
        if set(self.weights) != set(self.references):
            odd = min(set(self.weights) ^ set(self.references))
            raise MelError(f"blend {self.name}: {odd} lacks its weight or its ranking reference")
        for member, scores in self.references.items():
            sorted_of(self.name, f"the reference of {member}", scores)
        sorted_of(self.name, "its spread", self.spread)
        sorted_of(self.name, "its peers", self.peers)

    @property
    def members(self) -> tuple[str, ...]:
        """The members' names: the columns that `score` needs."""
        return tuple(self.weights)

    @cached_property
    def digest(self) -> str:
        """Sixteen hex digits of all that the file holds, but for the versions."""
        return digest_json(self._content())

    def _content(self) -> dict[str, Any]:
        return {
            "kind": KIND,
            "schema": SCHEMA,
            "name": self.name,
            "method": self.method,
            "folds": self.folds,
            "weights": dict(self.weights),
            "scale": self.scale.as_dict(),
            "spread": _listed(self.spread),
            "peers": _listed(self.peers),
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
        content = checked(read_json(path := Path(path)), path)
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
            honest=auc_of(content, "honest"),
            naive=auc_of(content, "naive"),
            inputs=content["inputs"],
            scale=Scale.of(required(content["scale"], {"kind": str, "exponent": float}, "scale")),
            spread=_array(content["spread"]),
            peers=_array(content["peers"]),
            objective=required(content["objective"], {"name": str, "min_tpr": float}, "objective"),
            ranks=content["ranks"],
            calibration=None
            if content["calibration"] is None
            else Calibration.of(content["calibration"]),
            operating_points=tuple(map(OperatingPoint.of, content["operating_points"])),
            advice=tuple(content["advice"]),
        )


def _listed(scores: Floats | None) -> list[float] | None:
    return None if scores is None else scores.tolist()


def _array(found: Any) -> Floats | None:
    return None if found is None else np.array(found, float)
