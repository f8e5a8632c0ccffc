"""Where a training stands after an epoch: kept beside the fold, and taken up again."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mel.cnn.events import Event
from mel.cnn.training import checkpoint
from mel.errors import MelError

__all__ = ["Row", "Saved", "State"]

Row = dict[str, Any]
_FILE = "state.npz"


@dataclass(frozen=True)
class Saved:
    """What was kept: the arrays by name, the epochs done, and a row of history of each."""

    arrays: Mapping[str, Any]
    epochs: int
    history: list[Row]

    def into(self, named: Mapping[str, Any]) -> None:
        """Set variables to what was kept of them."""
        for name, variable in named.items():
            variable.assign(self.arrays[name])


@dataclass(frozen=True)
class State:
    """The state of one fold's training in its folder; `inputs` say what it is made from."""

    folder: Path
    inputs: Mapping[str, Any]

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / _FILE

    def save(self, named: Mapping[str, Any], history: list[Row]) -> None:
        """Keep the variables after an epoch; raises MelError where there is no room."""
        arrays = {name: np.asarray(variable) for name, variable in named.items()}
        record = {"inputs": dict(self.inputs), "epochs": len(history), "history": history}
        checkpoint.write(self.path, arrays, record)

    def saved(self, tell: Event) -> Saved | None:
        """Give what an earlier run kept of the same training; nothing of any other, and say so."""
        if not self.path.exists():
            return None
        try:
            arrays, record = checkpoint.read(self.path)
            return self._of(arrays, record)
        except MelError as error:
            tell({"news": f"{error}; the fold starts over"})
            return None

    def _of(self, arrays: Mapping[str, Any], record: Mapping[str, Any]) -> Saved:
        if record.get("inputs") != dict(self.inputs):
            raise MelError(f"{self.path}: is of other images, folds or settings")
        history = record["history"]
        if len(history) != record["epochs"] or not all(math.isfinite(r["loss"]) for r in history):
            raise MelError(f"{self.path}: its history is not whole")
        return Saved(arrays, record["epochs"], history)

    def fits(self, saved: Saved, named: Mapping[str, Any], tell: Event) -> bool:
        """Tell whether what was kept has exactly these variables, and say so where it has not."""
        shapes = {name: tuple(variable.shape) for name, variable in named.items()}
        if shapes == {name: array.shape for name, array in saved.arrays.items()}:
            return True
        tell({"news": f"{self.path}: is of another network; the fold starts over"})
        return False
