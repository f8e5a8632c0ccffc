"""What blend.json may hold: its fields, their types, and what is refused on reading."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mel.ensemble.ranks import Floats
from mel.errors import MelError
from mel.files import check_digest, digest_json, required
from mel.metrics import AucReport

__all__ = ["KIND", "SCHEMA", "auc_of", "check_weights", "checked", "sorted_of"]

KIND, SCHEMA = "blend", 3
_KEYS = (
    {"name": str, "method": str, "folds": str, "ranks": str}
    | dict.fromkeys(
        ("weights", "references", "scale", "objective", "honest", "naive", "inputs"), dict
    )
    | {"spread": object, "peers": object, "calibration": object}
    | {"operating_points": list, "advice": list}
)
_NEAR_ONE = 1e-9


def checked(content: Any, path: Path) -> dict[str, Any]:
    """Give what a file of a blend holds, all of it there and unchanged; or MelError."""
    if not isinstance(content, dict) or content.get("kind") != KIND:
        raise MelError(f"{path}: is no blend; give the blend.json that `mel ensemble blend` wrote")
    if content.get("schema") != SCHEMA:
        raise MelError(
            f"{path}: has schema {content.get('schema')!r}, this mel reads {SCHEMA}; blend again"
        )
    stated = content.pop("digest", None)
    content.pop("versions", None)
    check_digest(path, stated, digest_json(content))
    return required(content, _KEYS, str(path))


def check_weights(name: str, weights: Mapping[str, float]) -> None:
    """Refuse weights that are 0, or whose sizes do not sum to 1."""
    sizes = [abs(weight) for weight in weights.values()]
    total = sum(sizes)
    if not (abs(total - 1) <= _NEAR_ONE and min(sizes) > 0):  # NaN is neither
        raise MelError(
            f"blend {name}: weights {dict(weights)} must not be 0 and sum, without "
            f"their signs, to 1, not {total:g}; blend again"
        )


def sorted_of(name: str, what: str, scores: Floats | None) -> None:
    """Refuse scores to be ranked against that are not sorted and finite."""
    if scores is None:
        return
    fine = scores.ndim == 1 and scores.size and np.isfinite(scores).all()
    if not fine or not (np.diff(scores) >= 0).all():
        raise MelError(f"blend {name}: {what} must be sorted finite scores; blend again")


def auc_of(content: Mapping[str, Any], which: str) -> AucReport:
    """Read an AUC with its interval."""
    aucs = dict.fromkeys(("pooled", "fold_mean", "low", "high"), float)
    return AucReport(**required(content[which], aucs, which))
