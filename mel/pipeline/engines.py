"""Keras in OpenVINO's place: a work folder's networks score what a bundle asks, on a GPU."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mel import cnn
from mel.errors import MelError
from mel.graphs import opened
from mel.metadata import METADATA
from mel.pipeline.folder import Work
from mel.submit.scoring import Answer, Graph, Member, Network

__all__ = ["Keras"]

_LOOKED = 4  # pictures of noise on which a network is compared with its graph
_APART, _APART_MIXED = 1e-3, 0.1  # of a logit, as a share of the largest or of 1


class Keras:
    """The engine of a bundle whose members were trained in a work folder that is at hand.

    Networks run in a child process, which takes a GPU where there is one; see `mel.cnn.devices`.
    """

    def __init__(self, work: Work, members: Sequence[Member], precision: str = "auto") -> None:
        """Start Keras with the members' checkpoints, each compared with the bundle's digest of it.

        Raises MelError for a bundle of averaged networks, a member that the work folder does not
        have, a checkpoint that is not the one the bundle was made from, and what
        `mel.cnn.Answering` raises.
        """
        work.required()
        places = {}
        for member in members:
            if member.folds == ("mean",):
                raise MelError(
                    f"{member.name}: the bundle's network is the mean of several, which no fold "
                    "has; score it without --engine keras"
                )
            _same_checkpoints(work, member)
            places[member.name] = (work.cnn(member.name), [int(fold) for fold in member.folds])
        self._answering = cnn.Answering(places, precision)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="mel-keras")
        self._work = work

    @property
    def batch(self) -> int:
        """Images a batch: what suits the device."""
        return int(self._answering.facts["batch"])

    @property
    def precision(self) -> str:
        """In what it computes, such as mixed_bfloat16."""
        return str(self._answering.facts["precision"])

    def describe(self) -> dict[str, Any]:
        """Say what computes."""
        facts = self._answering.facts
        named = {"engine": f"Keras by {facts['backend']}", "device": facts["device"]}
        return named | {"precision": self.precision, "threads": None}

    def networks(self, wanted: Sequence[tuple[Member, int, Sequence[Graph]]]) -> Sequence[Network]:
        """Give the networks, each compared with the bundle's graph of the same fold on noise.

        That the weights are the same is known by then: this is whether they are used alike. Raises
        MelError where they are not.
        """
        return [self._checked(*one) for one in wanted]

    def close(self) -> None:
        """End the child process."""
        self._pool.shutdown()
        self._answering.close()

    def _checked(self, member: Member, size: int, graphs: Sequence[Graph]) -> Network:
        network = _Asked(self._answering, self._pool, member, size)
        draw = np.random.default_rng(0)
        pixels = draw.integers(0, 256, (self.batch, size, size, 3), dtype=np.uint8)
        facts = draw.random((self.batch, len(METADATA)), dtype=np.float32)
        metadata = facts if member.metadata else None
        found = network.start(pixels, metadata, maps=False).result().logits[:_LOOKED]
        inputs: dict[str, NDArray[Any]] = {"pixels": pixels[:_LOOKED]}
        if metadata is not None:
            inputs |= {"metadata": metadata[:_LOOKED]}
        said = [opened(graph(), batch=_LOOKED)(inputs)["logit"] for graph in graphs]
        known = np.stack(said, axis=1, dtype=np.float64)
        apart = np.abs(found - known).max() / max(1.0, np.abs(known).max())
        plain = self.precision == member.weights == "float32"
        if not apart <= (_APART if plain else _APART_MIXED):
            raise MelError(
                f"{self._work.cnn(member.name)}: its networks say something else than the "
                f"bundle's, by {apart:.2g} of a logit; give the work folder that the bundle was "
                "made from, and bundle again by this version of mel"
            )
        return network


def _same_checkpoints(work: Work, member: Member) -> None:
    """Refuse, by its name, a checkpoint that is not the one the bundle's graphs were made from."""
    folder = work.cnn(member.name)
    for fold in member.folds:
        known = member.checkpoints.get(fold)
        if known is None:
            raise MelError(
                f"{member.name}: the bundle does not say of which checkpoint fold {fold} is; "
                "bundle again"
            )
        if cnn.digest_checkpoint(folder, int(fold)) != known:
            raise MelError(
                f"{folder}: the checkpoint of fold {fold} is not the one that the bundle was made "
                "from; give the work folder that it was made from, or bundle again"
            )


class _Asked:
    """One member's networks for one size."""

    def __init__(
        self, answering: cnn.Answering, pool: ThreadPoolExecutor, member: Member, size: int
    ) -> None:
        self._answering, self._pool = answering, pool
        self._member, self._size = member, size

    def start(
        self, pixels: NDArray[np.uint8], metadata: NDArray[np.float32] | None, *, maps: bool
    ) -> Future[Answer]:
        """See `mel.submit.scoring.engine.Network`."""
        if maps:
            raise MelError("maps: Keras gives none here; open the bundle without --engine keras")
        inputs: list[NDArray[Any]] = [pixels] if metadata is None else [pixels, metadata]
        return self._pool.submit(self._answer, inputs)

    def _answer(self, inputs: list[NDArray[Any]]) -> Answer:
        return Answer(self._answering.answer(self._member.name, self._size, inputs))
