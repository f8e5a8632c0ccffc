"""Exporting a trained member: graphs that say what its networks say, made once, kept whole."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from mel import cnn, pipeline
from mel.cnn.exporting import EXPORT
from mel.errors import MelError
from mel.files import read_json, write_json
from mel.graphs import opened
from mel.images import decode
from mel.predictions import Predictions
from mel.tables import Folds, ImageTable
from mel.views import probability

from .conftest import Place

ROOM = sys.modules["mel.cnn.export"]  # its name is also that of the function


def logits(path: Path, images: ImageTable, ids: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Give what a graph says of images, one after another."""
    run = opened(path.read_bytes(), batch=1)
    paths = dict(images.frame.select("image_id", "path").iter_rows())
    said = [run({"pixels": decode(paths[name], 32)[None]}) for name in ids]
    return tuple(np.concatenate([one[name] for one in said]) for name in ("logit", "map"))  # type: ignore[return-value]


def test_a_graph_scores_held_out_images_as_training_did(
    exported: Place, trained: tuple[Path, Predictions, Predictions], small: ImageTable
) -> None:
    graph = exported.made[0]
    assert cnn.scored_in(exported.member, 0) == "float32"
    assert (graph.part, graph.size, graph.path.name) == ("0", 32, "graph-32.onnx")
    mine = trained[1].frame.filter(fold=0).sort("image_id")
    logit, maps = logits(graph.path, small, mine["image_id"].to_list())
    assert np.abs(probability(logit.astype(float)) - mine["score"].to_numpy()).max() < 1e-5
    offsets = logit - maps.mean(axis=(1, 2))
    assert maps.shape[1:] == (8, 8)
    assert np.ptp(offsets) < 1e-5 < np.ptp(logit)
    assert graph.kept is not None
    assert graph.kept < 1e-5


def test_what_was_compared_and_measured_is_kept(exported: Place) -> None:
    fold, mean = exported.made
    for graph in exported.made:
        assert 0 < graph.verified["images"] <= 64
        assert graph.verified["probability"] <= graph.verified["logit"] < 1e-4
        assert graph.path.stat().st_size == graph.bytes
    if fold.bfloat16 is not None and mean.bfloat16 is not None:
        assert 0 < fold.bfloat16["mean"] <= fold.bfloat16["largest"] < 0.1
        assert fold.bfloat16["auc"] is not None
        assert mean.bfloat16["auc"] is None  # it has seen every train image
    assert mean.kept is None


def test_the_mean_network_is_another_than_the_folds(exported: Place, small: ImageTable) -> None:
    ids = small.test["image_id"].to_list()
    one, mean = (logits(graph.path, small, ids)[0] for graph in exported.made)
    assert np.abs(one - mean).max() > 1e-4


def test_what_is_exported_already_is_skipped_and_said(
    exported: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ROOM, "launch", lambda *_: pytest.fail("nothing is to be done"))
    again = pipeline.cnn_export(exported.work, [exported.member.name], [0], average=True)
    assert again == {exported.member.name: exported.made}
    assert capsys.readouterr().err.count("exported already, skipped") == 2


def test_graphs_of_another_checkpoint_or_changed_ones_are_made_again(
    exported: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    shutil.copytree(exported.work, work)
    place = work / "cnn" / exported.member.name / "fold0"
    asked: list[str] = []

    def launch(job: dict[str, list[dict[str, str]]], *_: object) -> None:
        asked.extend(part["name"].partition(" ")[2] for part in job["parts"])

    monkeypatch.setattr(ROOM, "launch", launch)
    said = read_json(place / EXPORT)
    whole = (place / "graph-32.onnx").read_bytes()
    write_json(place / EXPORT, said | {"made_from": said["made_from"] | {"checkpoints": ["x"]}})
    pipeline.cnn_export(work, folds=[0])
    write_json(place / EXPORT, said)
    (place / "graph-32.onnx").write_bytes(whole[:-1] + b"\0")
    pipeline.cnn_export(work, folds=[0])
    assert asked == ["fold 0", "fold 0"]


def test_what_cannot_be_exported_is_refused_in_a_line(
    exported: Place, small: ImageTable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    shutil.copytree(exported.work, work)
    member, folds = work / "cnn" / exported.member.name, Folds.read(work / "folds.parquet")
    (member / "fold1" / EXPORT).unlink()
    with pytest.raises(MelError, match="fold 7: the folds are 0 to 1"):
        cnn.export(member, small, folds, only_folds=[7])
    with pytest.raises(MelError, match="no trained member 'efficientnetv2_micro-33'; did you mean"):
        pipeline.cnn_export(work, ["efficientnetv2_micro-33"])
    others = Folds.of(folds.frame.with_columns(fold=1 - folds.frame["fold"]), seed=0, method="x")
    with pytest.raises(MelError, match="was trained on other folds"):
        cnn.export(member, small, others)
    settings = member / "recipe.json"
    said = read_json(settings)
    ranked = {"tta": said["settings"]["tta"] | {"turns": "flips", "average": "rank"}}
    write_json(settings, said | {"settings": said["settings"] | ranked})
    with pytest.raises(MelError, match=r"ranks each fold's scores .* leave out --average"):
        cnn.export(member, small, folds, average=True)
    write_json(settings, said)
    monkeypatch.setattr(ROOM, "has", lambda name: name != "tf2onnx")
    with pytest.raises(MelError, match=r"tf2onnx is not installed here; pip install 'mel\[export"):
        cnn.export(member, small, folds)
