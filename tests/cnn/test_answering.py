"""Trained members that answer batch by batch, and Keras in OpenVINO's place."""

import inspect
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from mel import ensemble
from mel.bundles import write_bundle
from mel.cnn import Answering, digest_checkpoint
from mel.cnn.jobs.talking import receive, send
from mel.errors import MelError
from mel.images import decode
from mel.pipeline import batches, engines, score_by_keras
from mel.pipeline.folder import Work
from mel.predictions import Predictions
from mel.submit.batch import score
from mel.submit.scoring import Member
from mel.tables import Folds, ImageTable
from mel.views import probability

_SINCE_1_32 = "abs_tol" in inspect.signature(assert_frame_equal).parameters  # polars
NEAR = {"abs_tol" if _SINCE_1_32 else "atol": 1e-6}

Trained = tuple[Path, Predictions, Predictions]


@dataclass(frozen=True)
class Scored:
    """A real bundle, what `score_by_keras` wrote with it, and its engine, still at work."""

    bundle: Path
    out: Path
    engine: engines.Keras


@pytest.fixture(scope="module")
def scored(
    exported: Any,
    trained: Trained,
    small: ImageTable,
    small_folds: Folds,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Scored]:
    """Trained, exported, bundled, and scored by Keras; its child process lives on for the tests."""
    desk, kept = tmp_path_factory.mktemp("scored"), []

    class Lasting(engines.Keras):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            kept.append(self)

        def close(self) -> None:
            """End it later."""

    found = bundled(desk, exported.member, trained, small, small_folds)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "Keras", Lasting)
        score_by_keras(
            found, small.test, desk / "keras.parquet", exported.work, precision="float32"
        )
    yield Scored(found, desk / "keras.parquet", kept[0])
    engines.Keras.close(kept[0])


def bundled(
    desk: Path, folder: Path, trained: Trained, small: ImageTable, small_folds: Folds
) -> Path:
    """Put the exported member, and a blend of it alone, into a bundle."""
    said = member(folder.name, folder)
    files: dict[str, bytes | Path] = {"card.md": b"# Synthetic\n", "facts.json": b"{}\n"}
    files[f"members/{folder.name}/member.json"] = said.model_dump_json().encode()
    for fold, graphs in said.graphs.items():
        files[graphs["32"]] = folder / f"fold{fold}" / "graph-32.onnx"
    blend = ensemble.blend(small, small_folds, [trained[1]], [trained[2]]).blend
    for variant in ("context", "single"):
        blend.write(desk / variant / "blend.json")
        files[f"blends/{variant}/blend.json"] = desk / variant / "blend.json"
    facts = {"name": "blend", "members": [folder.name], "stack": "", "synthetic": True}
    write_bundle(desk / "real.mel", files, facts | {"bfloat16": False})
    return desk / "real.mel"


@pytest.fixture(scope="module")
def engine(scored: Scored) -> engines.Keras:
    """Keras with both folds of the trained member, in one child process."""
    return scored.engine


def member(name: str, folder: Path | None = None, folds: tuple[str, ...] = ("0", "1")) -> Member:
    graphs = {fold: {"32": f"members/{name}/fold{fold}/graph-32.onnx"} for fold in folds}
    said = {"name": name, "size": 32, "graphs": graphs}
    if folder:
        said |= {"checkpoints": {fold: digest_checkpoint(folder, int(fold)) for fold in folds}}
    return Member.of(said, "member.json")


def test_keras_scores_a_real_bundle_as_openvino_and_as_training_did(
    scored: Scored, trained: Trained, small: ImageTable, tmp_path: Path
) -> None:
    summary = score(scored.bundle, small.test, tmp_path / "a.parquet", precision="float32")
    assert summary.scored == small.test.height
    mine, theirs = pl.read_parquet(scored.out), pl.read_parquet(tmp_path / "a.parquet")
    name = trained[0].name
    assert mine[name].n_unique() > 6
    assert_frame_equal(mine, theirs, **NEAR)
    known = trained[2].frame.sort("image_id")
    np.testing.assert_allclose(mine[name], known["score"], atol=1e-6)


def test_another_checkpoint_is_refused_by_name_before_anything_starts(
    exported: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two folds that were taken for each other as well: their scores are much alike."""
    monkeypatch.setattr(engines.cnn, "Answering", lambda *_: pytest.fail("it must not start"))
    name, folder = exported.member.name, exported.member
    said = member(name, folder)
    turned = dict(zip(("0", "1"), reversed(said.checkpoints.values()), strict=True))
    for checkpoints, fault in (
        (turned, "the checkpoint of fold 0 is not the one that the bundle was made from"),
        ({"0": said.checkpoints["0"]}, "does not say of which checkpoint fold 1 is"),
    ):
        other = said.model_copy(update={"checkpoints": checkpoints})
        with pytest.raises(MelError, match=fault):
            engines.Keras(Work(exported.work), [other], "float32")
    (tmp_path / "folds.parquet").touch()
    with pytest.raises(MelError):
        engines.Keras(Work(tmp_path), [said])


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
        engines.Keras(Work(trained[0].parent.parent), [member("a", folds=("mean",))])


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
