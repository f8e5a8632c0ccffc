"""AdamW that counts in updates, averages weights, and lets thawed layers begin gently."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mel.cnn.training.schedule import Schedule
from mel.config import CnnSettings

__all__ = ["Optimizer", "carry", "optimizer_for"]

_UNDECAYED = ["bias", "gamma", "beta", "log_power"]  # a decayed power of GeM ends as an average


class Optimizer(keras.optimizers.AdamW):  # type: ignore[misc]
    """Keras' AdamW, with what a training needs to be put right.

    - The average of weights (EMA) moves at each update. Keras moves it at each step, so that with
      `accumulate` its decay would depend on the batch. It follows faster at first: the decay of
      update n is at most (1 + n) / (10 + n), as TensorFlow's own averages have it.
    - Keras writes the averages into the network at the end of each `fit`. Here `take_averages`
      does, when they are wanted: training goes on from the weights themselves.
    - Adam's correction for moments that begin at zero counts from the first update of each
      variable, `began`. Counted from the first of all, a layer that is thawed at update 1,000
      would take steps several times the learning rate.
    """

    def __init__(self, settings: CnnSettings, steps: int, began: Sequence[int] = ()) -> None:
        several = settings.accumulate > 1
        super().__init__(
            Schedule(settings, steps),
            weight_decay=settings.weight_decay,
            use_ema=settings.ema > 0,
            ema_momentum=settings.ema,
            gradient_accumulation_steps=settings.accumulate if several else None,
            name="adamw",
        )
        self.exclude_from_weight_decay(var_names=_UNDECAYED)
        self._began, self._since = list(began), 0

    @property
    def iterations(self) -> Any:
        """The updates so far, while a variable is updated: since that one joined."""
        return super().iterations - self._since if self._since else super().iterations

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable."""
        self._since = self._began[self._get_variable_index(variable)] if self._began else 0
        super().update_step(gradient, variable, learning_rate)
        self._since = 0

    def _update_model_variables_moving_average(self, trainable_variables: Any) -> None:
        """Move the averages, at the last step of an update only; overrides Keras'."""
        done = ops.cast(self.iterations, "float32")
        decay = ops.minimum(self.ema_momentum, (1 + done) / (10 + done))
        decay = ops.where(done == 0, 0.0, decay)
        if every := self.gradient_accumulation_steps:
            decay = ops.where((self._iterations + 1) % every == 0, decay, 1.0)
        pairs = zip(trainable_variables, self._model_variables_moving_average, strict=True)
        for variable, average in pairs:
            share = ops.cast(decay, average.dtype)
            average.assign(share * average + (1 - share) * variable)

    def finalize_variable_values(self, var_list: Any) -> None:
        """Leave the weights alone at the end of a `fit`."""

    def take_averages(self) -> None:
        """Set the trainable weights to their averages, where there are any."""
        if self.use_ema:
            averages = self._model_variables_moving_average
            for variable, average in zip(self._trainable_variables, averages, strict=True):
                _copy(average, variable)


def optimizer_for(
    model: Any, settings: CnnSettings, steps: int, began: Sequence[int] = ()
) -> tuple[Any, Optimizer]:
    """Give the optimizer of a network's trainable variables, built, and the one inside it.

    They are the same but in float16, where the outer one scales the loss.
    """
    inner = outer = Optimizer(settings, steps, began)
    if keras.config.dtype_policy().name == "mixed_float16":
        outer = keras.optimizers.LossScaleOptimizer(inner, name="scaling")
    outer.build(model.trainable_variables)
    return outer, inner


def carry(old: Any, new: Any, inner: Optimizer) -> None:
    """Hand an optimizer's state on to one of more variables; what is new begins anew.

    The average of a variable that was held still is that variable. `inner` is the one in `new`.
    """
    known = dict(_named(old))
    for name, variable in _named(new):
        if name in known:
            _copy(known[name], variable)
    if inner.use_ema:
        lacking = {id(variable) for name, variable in _named(new) if name not in known}
        pairs = zip(inner._trainable_variables, inner._model_variables_moving_average, strict=True)
        for variable, average in pairs:
            if id(average) in lacking:
                _copy(variable, average)


def _copy(source: Any, to: Any) -> None:
    """Copy values; in JAX `assign` alone lets both share memory, which a step then frees."""
    to.assign(source.numpy())


def _named(optimizer: Any) -> list[tuple[tuple[str, int], Any]]:
    """Give variables by path; the number tells apart those that share one."""
    seen: dict[str, int] = {}
    found = []
    for variable in optimizer.variables:
        seen[variable.path] = seen.get(variable.path, 0) + 1
        found.append(((variable.path, seen[variable.path]), variable))
    return found
