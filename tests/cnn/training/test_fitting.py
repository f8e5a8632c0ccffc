"""A training in this process: what it goes on from, what it looks at, what it gives back."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mel.config import MemberSettings
from mel.errors import MelError

Whole = tuple[Path, Any, list[dict[str, Any]], list[np.ndarray]]


class StopError(Exception):
    """A stop from outside."""


def _stop_after(epochs: int) -> Any:
    """Give a check that stops a training which has kept so many epochs."""
    left = [epochs]

    def check() -> None:
        if left[0] == 0:
            raise StopError
        left[0] -= 1

    return check


def _weights(model: Any) -> list[np.ndarray]:
    return [np.asarray(value) for value in model.get_weights()]


def _alike(some: list[np.ndarray], others: list[np.ndarray]) -> bool:
    return all(np.allclose(a, b, atol=1e-6) for a, b in zip(some, others, strict=True))


@pytest.fixture(scope="module")
def whole(fit: Any, all_on: MemberSettings, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """A training without a stop: its folder, network, history and weights."""
    place = tmp_path_factory.mktemp("whole")
    model, history = fit(all_on, place)
    return place, model, history, _weights(model)


def test_a_training_stopped_twice_ends_as_one_that_was_not(
    fit: Any, all_on: MemberSettings, whole: Whole, tmp_path: Path
) -> None:
    """The stops are in two of the three phases of freezing, with gradients half accumulated."""
    for kept in (1, 2):
        with pytest.raises(StopError):
            fit(all_on, tmp_path, check=_stop_after(kept))
    news: list[dict[str, Any]] = []
    model, rows = fit(all_on, tmp_path, news.append)
    images, looks = 5 * 16, 5 * 8
    assert sum(event.get("done", 0) for event in news) == images + looks, "progress ends at its end"
    assert {"news": "goes on after epoch 3 of 5"} in news
    assert _alike(_weights(model), whole[3])
    for name in ("epoch", "loss", "auc", "learning_rate"):
        assert np.allclose([r[name] for r in rows], [r[name] for r in whole[2]], atol=1e-5), name


def test_a_damaged_state_is_not_loaded_and_the_held_out_fold_not_learnt_from(
    fit: Any, all_on: MemberSettings, whole: Whole, tmp_path: Path
) -> None:
    content = (whole[0] / "state.npz").read_bytes()
    (tmp_path / "state.npz").write_bytes(content[: len(content) // 2])
    news: list[dict[str, Any]] = []
    blind = all_on.model_copy(update={"validate_every": 0})
    model, rows = fit(blind, tmp_path, news.append)
    assert any("the fold starts over" in event.get("news", "") for event in news)
    assert [row["auc"] for row in rows] == [None] * 5
    assert _alike(_weights(model), whole[3])


def test_the_weights_given_back_are_the_averages_and_the_state_has_both(whole: Whole) -> None:
    place, model, _, _ = whole
    with np.load(place / "state.npz") as state:
        averages = [state[name] for name in state.files if name.endswith("_average")]
        raw = [state[name] for name in state.files if name.startswith("model/")]
    trainable = [np.asarray(variable) for variable in model.trainable_variables]
    assert len(averages) == len(trainable)
    for value, average in zip(trainable, averages, strict=True):
        assert np.array_equal(value, average)
    moved = [v for v in trainable if not any(np.array_equal(v, r) for r in raw)]
    assert len(moved) > len(trainable) / 2


def test_each_epoch_has_a_row_and_an_entry_of_the_logs(whole: Whole) -> None:
    import tensorflow as tf

    place, _, rows, _ = whole
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4, 5]
    assert all(row["images_per_s"] > 0 and row["seconds"] > 0 for row in rows)
    (file,) = (place / "logs").iterdir()
    found: dict[str, list[tuple[int, float]]] = {}
    for event in tf.compat.v1.train.summary_iterator(str(file)):
        for value in event.summary.value:
            found.setdefault(value.tag, []).append((event.step, value.simple_value))
    assert set(found) == {"loss", "auc", "learning_rate", "seconds", "images_per_s"}
    assert [step for step, _ in found["auc"]] == [1, 2, 3, 4, 5]
    assert np.allclose([value for _, value in found["loss"]], [row["loss"] for row in rows])


def test_weights_that_the_last_step_spoils_are_not_kept(
    fit: Any, all_on: MemberSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss of that step is from before its update: it alone would let them pass."""
    from mel.cnn.training.watching import Watch

    def spoil(self: Any, epoch: int) -> None:
        kernel = self.model.trainable_variables[0]
        kernel.assign(np.full(kernel.shape, np.nan if epoch == 1 else 0.1))

    look = Watch.on_epoch_end

    def ended(self: Any, epoch: int, logs: Any = None) -> None:
        spoil(self, epoch)
        look(self, epoch, logs)

    monkeypatch.setattr(Watch, "on_epoch_end", ended)
    with pytest.raises(MelError, match=r"kernel holds no numbers after epoch 2; lower learning"):
        fit(all_on.model_copy(update={"validate_every": 0}), tmp_path)
    with np.load(tmp_path / "state.npz") as state:
        assert all(np.isfinite(state[name]).all() for name in state.files)


def test_a_loss_that_is_no_number_is_refused_and_not_kept(
    fit: Any, all_on: MemberSettings, tmp_path: Path
) -> None:
    off = {"freeze": all_on.freeze.model_copy(update={"epochs": 0}), "accumulate": 1}
    wild = all_on.model_copy(update={"learning_rate": 1e30, "warmup_epochs": 0.0} | off)
    with pytest.raises(MelError, match=r"loss is (nan|inf) in epoch \d; lower learning_rate"):
        fit(wild, tmp_path)
    assert not (tmp_path / "state.npz").exists()


def test_gradients_that_no_step_would_ever_apply_are_refused(
    fit: Any, all_on: MemberSettings, tmp_path: Path
) -> None:
    most = all_on.model_copy(update={"accumulate": 4 * 5 + 1})
    with pytest.raises(MelError, match=r"accumulate 21 is above the 20 steps that 16 images make"):
        fit(most, tmp_path)
    assert list(tmp_path.iterdir()) == []
