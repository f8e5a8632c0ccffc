"""A network in training: what holds still, its optimizer, and what is kept of both."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from mel.cnn.labels import Labels
from mel.cnn.training import checkpoint, freezing
from mel.cnn.training.losses import loss_of
from mel.cnn.training.optimizer import Optimizer, carry, optimizer_for
from mel.cnn.training.schedule import updates
from mel.config import MemberSettings

__all__ = ["Session"]


class Session:
    """A network with the optimizer of the phase it is in."""

    def __init__(
        self, model: Any, body: Sequence[Any], settings: MemberSettings, labels: Labels, steps: int
    ) -> None:
        self.model, self.settings, self.steps = model, settings, steps
        self._layers = [layer for layer in body if layer.trainable_variables]
        self._joined = freezing.joined(self._layers, settings)
        self._loss = loss_of(settings, labels)
        self._phase: freezing.Phase | None = None
        self._inner: Optimizer | None = None
        self.phases = freezing.phases(settings, len(self._layers))

    def enter(self, epoch: int, jit_compile: bool) -> freezing.Phase:
        """Let the layers of an epoch's phase learn, and compile; the optimizer's state stays."""
        phase = next(p for p in self.phases if p.first <= epoch < p.stop)
        if phase == self._phase:
            return phase
        freezing.hold(self._layers, phase.held)
        began = [self._began(variable) for variable in self.model.trainable_variables]
        outer, inner = optimizer_for(self.model, self.settings, self.steps, began)
        if self._inner is not None:
            carry(self.model.optimizer, outer, inner)
        self.model.compile(optimizer=outer, loss=self._loss, jit_compile=jit_compile)
        self._phase, self._inner = phase, inner
        return phase

    def _began(self, variable: Any) -> int:
        return updates(self.settings, self.steps, self._joined.get(id(variable), 0))

    @property
    def variables(self) -> dict[str, Any]:
        """All that a training goes on from, by name: the network's and the optimizer's."""
        model, optimizer = self.model.variables, self.model.optimizer.variables
        names = checkpoint.names_of("model", model) + checkpoint.names_of("optimizer", optimizer)
        return dict(zip(names, [*model, *optimizer], strict=True))

    def take_averages(self) -> None:
        """Set the weights to their averages, where the settings have them; for good."""
        if self._inner is not None:
            self._inner.take_averages()

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Have the averages as weights for a while."""
        kept = [variable.numpy() for variable in self.model.trainable_variables]
        self.take_averages()
        try:
            yield
        finally:
            for variable, value in zip(self.model.trainable_variables, kept, strict=True):
                variable.assign(value)
