"""Trained members that answer batch by batch, and Keras in OpenVINO's place."""

import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mel.cnn import Answering
from mel.cnn.jobs.talking import receive, send
from mel.errors import MelError
from mel.images import decode
from mel.pipeline import engines
from mel.pipeline.folder import Work
from mel.predictions import Predictions
from mel.submit.scoring import Member
from mel.tables import ImageTable
from mel.views import probability

Trained = tuple[Path, Predictions, Predictions]


@pytest.fixture(scope="module")
def engine(trained: Trained) -> Iterator[engines.Keras]:
    """Keras with both folds of the trained member, in one child process."""
    folder = trained[0]
    found = engines.Keras(Work(folder.parent.parent), [member(folder.name)], "float32")
    yield found
    found.close()


def member(name: str, folds: tuple[str, ...] = ("0", "1")) -> Member:
    graphs = {fold: {"32": f"members/{name}/fold{fold}/graph-32.onnx"} for fold in folds}
    return Member.of({"name": name, "size": 32, "graphs": graphs}, "member.json")


def pixels(images: ImageTable, ids: list[str]) -> np.ndarray:
    paths = dict(images.frame.select("image_id", "path").iter_rows())
    return np.stack([decode(paths[name], 32) for name in ids])


def test_each_fold_answers_as_it_scored_what_it_held_out(
    engine: engines.Keras, trained: Trained, small: ImageTable
) -> None:
    for fold in (0, 1):
        known = trained[1].frame.filter(pl.col("fold") == fold).head(engine.batch)
        ids = known["image_id"].to_list()
        batch = np.zeros((engine.batch, 32, 32, 3), np.uint8)
        batch[: len(ids)] = pixels(small, ids)
        found = engine._answering.answer(trained[0].name, 32, [batch])
        assert found.shape == (engine.batch, 2)
        np.testing.assert_allclose(
            probability(found[: len(ids), fold]), known["score"].to_numpy(), atol=1e-6
        )


def test_the_engine_says_what_computes(engine: engines.Keras) -> None:
    said = engine.describe()
    assert (said["engine"], said["precision"]) == ("Keras by tensorflow", "float32")
    assert said["device"].startswith("cpu")


def test_networks_other_than_the_bundles_are_refused(
    engine: engines.Keras, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bundle's graphs are stood in for by what Keras says, then by something else."""
    name, aside = trained[0].name, 0.0

    def graphs(graph: bytes, batch: int) -> object:
        def run(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
            whole = np.zeros((engine.batch, 32, 32, 3), np.uint8)
            whole[: len(inputs["pixels"])] = inputs["pixels"]
            said = engine._answering.answer(name, 32, [whole])[:batch, int(graph)]
            return {"logit": said + aside}

        return run

    monkeypatch.setattr(engines, "opened", graphs)
    wanted = [(member(name), 32, [lambda: b"0", lambda: b"1"])]
    (network,) = engine.networks(wanted)
    batch = np.zeros((engine.batch, 32, 32, 3), np.uint8)
    assert network.start(batch, None, maps=False).result().logits.shape == (engine.batch, 2)
    with pytest.raises(MelError, match="maps: Keras gives none"):
        network.start(batch, None, maps=True)
    aside = 0.1
    with pytest.raises(MelError, match="say something else than the bundle's"):
        engine.networks(wanted)


def test_a_bundle_of_averaged_networks_is_refused(trained: Trained) -> None:
    with pytest.raises(MelError, match="is the mean of several"):
        engines.Keras(Work(trained[0].parent.parent), [member("a", ("mean",))])


def test_a_member_that_is_not_trained_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MelError, match=r"recipe.json: no such file"):
        Answering({"a": (tmp_path / "a", [0])}, "auto")


def test_a_message_arrives_as_it_was_sent() -> None:
    one, other = socket.socketpair()
    arrays = [np.arange(6, dtype=np.uint8).reshape(2, 3), np.empty((0, 4)), np.float32([[1.5]])]
    send(one, {"member": "a", "size": 32}, arrays)
    found = receive(other)
    assert found is not None
    assert found[0] == {"member": "a", "size": 32}
    for mine, theirs in zip(arrays, found[1], strict=True):
        assert mine.dtype == theirs.dtype
        np.testing.assert_array_equal(mine, theirs)
    one.close()
    assert receive(other) is None
    other.close()
