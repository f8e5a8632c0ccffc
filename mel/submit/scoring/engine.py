"""What computes: the two interfaces that any engine has, on whatever device."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mel.submit.scoring.member import Member

__all__ = ["Answer", "Engine", "Graph", "Network"]

Graph = Callable[[], bytes]


@dataclass(frozen=True)
class Answer:
    """What a member's folds say of one batch, each row of it by itself.

    logits: float64 `(batch, folds)`. maps: float32 `(batch, h, w)`, the mean over the folds of
    where the logits come from; None unless asked for.
    """

    logits: NDArray[np.float64]
    maps: NDArray[np.float32] | None = None


class Network(Protocol):
    """All folds of one member, for pictures of one size. Any number of threads may ask it."""

    def start(
        self, pixels: NDArray[np.uint8], metadata: NDArray[np.float32] | None, *, maps: bool
    ) -> Future[Answer]:
        """Begin to compute a whole batch, and give what will hold the answer.

        `pixels` are `(batch, size, size, 3)`, `metadata` `(batch, m)` where the member reads it.
        Waits while too much is under way already.
        """
        ...


class Engine(Protocol):
    """Makes networks. `batch` is the number of images in every batch, `precision` how it counts."""

    @property
    def batch(self) -> int:
        """Images a batch."""
        ...

    @property
    def precision(self) -> str:
        """`float32` or `bfloat16`."""
        ...

    def networks(self, wanted: Sequence[tuple[Member, int, Sequence[Graph]]]) -> Sequence[Network]:
        """Make a network of each member at a size; a graph gives the ONNX bytes of one fold."""
        ...

    def describe(self) -> dict[str, Any]:
        """Say in words what computes: name, device, precision, threads."""
        ...
