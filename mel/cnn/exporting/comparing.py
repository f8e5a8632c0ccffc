"""A graph against the network it was made from, and bfloat16 against float32."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mel.graphs import Arrays, Runner, described
from mel.metrics import auc
from mel.views import probability

__all__ = ["MOST", "Found", "change", "compared"]

Floats = NDArray[np.float64]
Network = Callable[[Arrays], tuple[NDArray[Any], NDArray[Any]]]
MOST = 1e-4  # by which a probability may differ from Keras'


@dataclass(frozen=True)
class Found:
    """What a graph said: logits `(n,)` in float32, in bfloat16 where asked, and its difference.

    `gaps` are the largest differences from the network on the first `compared` images, by what
    differs: logit, probability and map.
    """

    plain: Floats
    low: Floats | None
    gaps: dict[str, float]
    compared: int

    @property
    def is_true(self) -> bool:
        """Whether the graph says what the network says; nothing that is no number does."""
        return self.gaps["probability"] <= MOST

    def as_dict(self) -> dict[str, Any]:
        """Give plain data for export.json."""
        return {"engine": described(), "images": self.compared} | self.gaps


def compared(
    graph: Runner, low: Runner | None, network: Network, batches: Iterable[Arrays], first: int
) -> Found:
    """Run a graph on batches of inputs, and on the first images the network as well."""
    plain, rounded, gaps, done = [], [], dict.fromkeys(("logit", "probability", "map"), 0.0), 0
    for inputs in batches:
        said = graph(inputs)
        plain.append(said["logit"].astype(np.float64))
        if low is not None:
            rounded.append(low(inputs)["logit"].astype(np.float64))
        if done < first:
            logit, places = network(inputs)
            ours = {
                "logit": logit,
                "probability": probability(np.asarray(logit, np.float64)),
                "map": places,
            }
            theirs = said | {"probability": probability(plain[-1])}
            for what, values in ours.items():
                gaps[what] = _larger(gaps[what], np.abs(theirs[what] - values).max())
            done += len(logit)
    whole = np.concatenate(plain)
    return Found(whole, np.concatenate(rounded) if rounded else None, gaps, done)


def _larger(one: float, other: float) -> float:
    """Give the larger of two; infinity for what is no number, so that it is never lost."""
    return float(max(one, other)) if np.isfinite(other) else float(np.inf)


def change(plain: Floats, low: Floats, target: NDArray[np.float64] | None) -> dict[str, Any]:
    """Say what another way to compute changes, from logits in both: probabilities and the AUC.

    `target` has 0 and 1, None where it is not known or no honest AUC can be had.

    >>> change(np.array([0.0, 1.0]), np.array([0.0, 1.0]), np.array([0.0, 1.0]))["auc_change"]
    0.0
    """
    gap = np.abs(probability(low) - probability(plain))
    both = target is not None and len(np.unique(target)) == 2
    before, after = (auc(target, part) if both else None for part in (plain, low))  # type: ignore[arg-type]
    return {
        "images": len(gap),
        "largest": float(gap.max()),
        "mean": float(gap.mean()),
        "auc": before,
        "auc_change": None if before is None or after is None else after - before,
    }
