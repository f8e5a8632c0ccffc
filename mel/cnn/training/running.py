"""A training from its first or its next epoch to its last."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from mel.cnn import feeding, networks
from mel.cnn.devices import Device
from mel.cnn.devices.using import forward
from mel.cnn.events import Event
from mel.cnn.feeding import Examples, Pictures
from mel.cnn.labels import Labels
from mel.cnn.training.session import Session
from mel.cnn.training.state import Row, Saved, State
from mel.cnn.training.tensorboard import Logs
from mel.cnn.training.validating import held_out_auc, looks, validates
from mel.cnn.training.watching import Watch, calls
from mel.config import MemberSettings

__all__ = ["Run"]


class Run:
    """The parts of one training."""

    def __init__(
        self,
        pictures: Pictures,
        examples: Examples,
        settings: MemberSettings,
        fold: int,
        labels: Labels,
        tell: Event,
        device: Device,
        state: State,
        check: Callable[[], None],
    ) -> None:
        self.pictures, self.examples, self.settings, self.fold = pictures, examples, settings, fold
        self.labels, self.tell, self.device, self.state = labels, tell, device, state
        self.steps = feeding.steps_per_epoch(len(examples), settings.batch)
        self.check = check
        self.history: list[Row] = []

    def train(self, held_out: Examples | None) -> tuple[Any, list[Row]]:
        """Train; give the network and a row of history an epoch."""
        self.session = self._begun()
        self.held_out = held_out
        done = self._resumed()
        self.logs = Logs(self.state.folder / "logs", anew=not done)
        self.forward = forward(self.session.model)  # once: each would be traced anew
        for phase in self.session.phases:
            if phase.stop > done:
                self._fit(max(done, phase.first))
        self.session.take_averages()
        return self.session.model, self.history

    def _begun(self) -> Session:
        """Give a fresh network at its first epoch, the same for the same seed and fold."""
        keras.utils.set_random_seed(feeding.fold_seed(self.settings.seed, self.fold))
        model = networks.build(self.settings, self.labels)
        self.device.settle(model)
        body = networks.body_layers(model)
        session = Session(model, body, self.settings, self.labels, self.steps)
        session.enter(0, self.device.jit_compile)
        return session

    def _resumed(self) -> int:
        """Take up what an earlier run kept; give the epochs that are done."""
        saved = self.state.saved(self.tell)
        if saved is None or not self._taken(saved):
            return 0
        self.history = list(saved.history)
        self.tell({"news": f"goes on after epoch {saved.epochs} of {self.settings.epochs}"})
        self.tell({"done": self._passed(saved.epochs)})
        return saved.epochs

    def _passed(self, epochs: int) -> int:
        """Give the images that pass through the network in so many epochs, looks included."""
        fitted = epochs * self.steps * self.settings.batch
        if self.held_out is None or len(np.unique(self.held_out.target)) < 2:
            return fitted
        return fitted + looks(self.settings, epochs) * len(self.held_out)

    def _taken(self, saved: Saved) -> bool:
        self.session.enter(saved.epochs - 1, self.device.jit_compile)
        if self.state.fits(saved, self.session.variables, self.tell):
            saved.into(self.session.variables)
            return True
        self.session = self._begun()
        return False

    def _fit(self, first: int) -> None:
        """Train from epoch `first` to the end of its phase."""
        phase = self.session.enter(first, self.device.jit_compile)
        model = self.session.model
        watch = Watch(self.tell, self.settings.batch, self._validated, self._keep)
        with feeding.named_faults():
            model.fit(
                feeding.training(self.pictures, self.examples, self.settings, self.fold, first),
                initial_epoch=first,
                epochs=phase.stop,
                steps_per_epoch=self.steps,
                callbacks=calls(watch, model),
                shuffle=False,
                verbose=0,
            )

    def _validated(self, epoch: int) -> float | None:
        wanted = validates(self.settings.validate_every, self.settings.epochs, epoch)
        if self.held_out is None or not wanted:
            return None
        with self.session.averaged():
            return held_out_auc(
                self.forward,
                self.pictures,
                self.held_out,
                self.labels,
                self.settings.batch,
                self.tell,
            )

    def _keep(self, epoch: int, row: Row) -> None:
        self.check()
        self.history.append(row)
        self.logs.write(epoch + 1, {k: v for k, v in row.items() if k != "epoch"})
        self.state.save(self.session.variables, self.history)
