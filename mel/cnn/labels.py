"""What a network is taught: the target itself, or a class a diagnosis, from which it is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.checks import require_columns
from mel.errors import MelError

__all__ = ["Labels"]

_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Labels:
    """The outputs of a network: `names`, and which of them mean a positive.

    There is one called target, or one a class. A class holds positives only or none: a diagnosis
    that has both, or an image without one, makes a class a target.
    """

    names: tuple[str, ...] = ("target",)
    positive: tuple[bool, ...] = (True,)

    @classmethod
    def of(cls, images: pl.DataFrame, head: Literal["target", "diagnosis"]) -> Self:
        """Find the classes among labelled images: those that train a fold, and no others.

        Raises MelError for classes of one target only, and for images without diagnoses.

        >>> frame = pl.DataFrame({"diagnosis": ["nevus", "melanoma", None], "target": [0, 1, 0]})
        >>> Labels.of(frame, "diagnosis").names
        ('melanoma', 'nevus', 'unknown')
        """
        if head == "target":
            return cls()
        require_columns(images, ("diagnosis",), "head = 'diagnosis'")
        pairs = images.select(_KIND, "target").unique().sort("kind", "target").rows()
        kinds = [kind for kind, _ in pairs]
        names = tuple(f"{k}, target {t}" if kinds.count(k) > 1 else k for k, t in pairs)
        positive = tuple(target == 1 for _, target in pairs)
        if len(set(positive)) < 2:
            raise MelError(
                f"head = 'diagnosis': the classes {', '.join(names)} are all of one target; "
                "set head = 'target'"
            )
        return cls(names, positive)

    @classmethod
    def read(cls, said: Mapping[str, Sequence[Any]]) -> Self:
        """Take them from plain JSON, as `dataclasses.asdict` gives it.

        >>> Labels.read({"names": ["target"], "positive": [True]}) == Labels()
        True
        """
        return cls(tuple(said["names"]), tuple(said["positive"]))

    @property
    def count(self) -> int:
        """How many logits the network has."""
        return len(self.names)

    def encode(self, images: pl.DataFrame) -> NDArray[np.float32]:
        """Give the labels of images: float32 `(n, count)`, the target, or 1 at its class, else 0.

        Raises MelError for an image of a class that is not among `names`.

        >>> frame = pl.DataFrame({"diagnosis": ["nevus", "melanoma"], "target": [0, 1]})
        >>> Labels.of(frame, "diagnosis").encode(frame).tolist()
        [[0.0, 1.0], [1.0, 0.0]]
        """
        if self.count == 1:
            return images.select(pl.col("target").cast(pl.Float32)).to_numpy()
        numbers = [self._number(*row) for row in images.select(_KIND, "target").iter_rows()]
        return np.eye(self.count, dtype=np.float32)[numbers]

    def _number(self, kind: str, target: int) -> int:
        for name in (kind, f"{kind}, target {target}"):
            if name in self.names and self.positive[self.names.index(name)] == bool(target):
                return self.names.index(name)
        raise MelError(f"diagnosis {kind!r} with target {target}: no class of {self.names}")

    def read_out(self, logits: NDArray[np.floating]) -> NDArray[np.float64]:
        """Give the logit of a positive, `(n,)`, from the network's, `(n, count)`.

        Of classes it is the log of the ratio of what the positive and the other ones get by
        softmax, so that the logistic function of it is the sum of the positive probabilities.
        """
        wide = np.asarray(logits, dtype=np.float64)
        if self.count == 1:
            return np.asarray(wide[:, 0])
        positive = np.array(self.positive)
        return _log_sum(wide[:, positive]) - _log_sum(wide[:, ~positive])


_KIND = pl.col("diagnosis").fill_null(_UNKNOWN).alias("kind")


def _log_sum(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    top = logits.max(axis=1, keepdims=True)
    return np.asarray(np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0])
