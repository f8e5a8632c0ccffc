"""What is compared on which images: held-out ones of both classes, and no difference is lost."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import pytest

from mel.cnn.exporting import change, chosen, compared
from mel.tables import Folds, ImageTable


def test_held_out_images_of_both_classes_are_taken_by_turns(
    table: ImageTable, folds: Folds
) -> None:
    every = chosen(table, folds, 1)
    held_out = folds.scored(table, 1)
    assert sorted(every["image_id"]) == sorted(held_out["image_id"])
    positives = held_out["target"].sum()
    assert every["target"].head(2 * positives).to_list() == [1, 0] * positives
    assert chosen(table, folds, 1, 4).equals(every.head(4))


def test_the_order_of_the_rows_changes_no_choice(table: ImageTable, folds: Folds) -> None:
    turned = ImageTable.of(table.frame.reverse(), table.name, inputs=table.inputs)
    assert chosen(turned, folds, 0, 5).equals(chosen(table, folds, 0, 5))


def test_a_network_that_saw_every_train_image_gets_test_images(
    table: ImageTable, folds: Folds
) -> None:
    assert set(chosen(table, folds, None)["image_id"]) == set(table.test["image_id"])
    bare = ImageTable.of(table.train, table.name)
    assert chosen(bare, folds, None).height == bare.train.height


def batches(count: int) -> list[Mapping[str, Any]]:
    return [{"pixels": np.full((4, 2, 2, 3), index, np.uint8)} for index in range(count)]


def says(off: float = 0.0, places: float = 0.0) -> Any:
    """A network that says the mean of the pixels, off by so much."""

    def run(inputs: Mapping[str, Any]) -> dict[str, Any]:
        mean = inputs["pixels"].mean(axis=(1, 2, 3), dtype=np.float32)
        spread = np.broadcast_to(mean[:, None, None], (len(mean), 2, 2))
        return {"logit": mean + np.float32(off), "map": spread + np.float32(places)}

    return run


def network(inputs: Mapping[str, Any]) -> tuple[Any, Any]:
    said = says()(inputs)
    return said["logit"], said["map"]


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Needs no engine: the graphs here are functions."""
    monkeypatch.setattr("mel.cnn.exporting.comparing.described", lambda: "a function")


def test_the_largest_difference_is_found_and_judged_as_a_probability() -> None:
    same = compared(says(), None, network, batches(3), 8)
    assert (same.gaps, same.compared, same.is_true, same.low) == (
        {"logit": 0.0, "probability": 0.0, "map": 0.0},
        8,
        True,
        None,
    )
    assert same.plain.tolist() == [0.0] * 4 + [1.0] * 4 + [2.0] * 4
    off = compared(says(1e-3, 0.5), None, network, batches(3), 64)
    assert off.gaps["logit"] == pytest.approx(1e-3, rel=1e-3)
    assert off.gaps["probability"] == pytest.approx(2.5e-4, rel=1e-2)
    assert off.gaps["map"] == pytest.approx(0.5)
    assert not off.is_true
    assert compared(says(3e-4), None, network, batches(3), 64).is_true


def test_what_is_no_number_is_never_true() -> None:
    found = compared(says(float("nan")), None, network, batches(2), 64)
    assert not found.is_true
    assert found.gaps["logit"] == float("inf")


def test_a_change_is_measured_with_and_without_targets() -> None:
    plain, low = np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 1.5, 1.0, 3.0])
    said = change(plain, low, np.array([0.0, 0.0, 1.0, 1.0]))
    assert (said["auc"], said["auc_change"], said["images"]) == (1.0, -0.25, 4)
    assert 0 < said["mean"] < said["largest"] < 0.2
    blind = change(plain, low, None)
    assert (blind["auc"], blind["auc_change"]) == (None, None)
    assert blind["largest"] == said["largest"]
    assert change(plain, low, np.ones(4))["auc"] is None


def test_a_frame_keeps_what_the_comparison_needs(table: ImageTable, folds: Folds) -> None:
    frame = chosen(table, folds, 0)
    assert frame.columns == ["image_id", "path", "age", "sex", "site", "target"]
    assert isinstance(frame, pl.DataFrame)
