"""Fixtures that every room's tests share: small hand-made tables and a synthetic competition."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from mel.predictions import Predictions
from mel.tables import SITES, Folds, ImageTable

ROOT = Path(__file__).parent.parent
TRAIN, TEST, PATIENTS = 60, 16, 20


def pytest_configure(config: pytest.Config) -> None:
    """Name the marks that this suite uses, and bring in what stands in for Kaggle."""
    config.addinivalue_line("markers", "slow: trains a real network; included, but deselectable")
    spec = spec_from_file_location("kaggle_standin", ROOT / "tests" / "standins" / "kaggle.py")
    standin = module_from_spec(spec)  # by its path: tests are no package
    spec.loader.exec_module(standin)
    config.pluginmanager.register(standin)


def _rows() -> dict[str, list[object]]:
    """Sixty train images of 20 patients (each third image of five patients is positive) and 16."""
    rng = np.random.default_rng(0)
    train, count = [i < TRAIN for i in range(TRAIN + TEST)], TRAIN + TEST
    ages = [None if i % 11 == 0 else float(rng.integers(4, 18) * 5) for i in range(count)]
    return {
        "image_id": [f"img{i:03d}" for i in range(count)],
        "patient_id": [f"p{i % PATIENTS:02d}" if train[i] else f"t{i % 4}" for i in range(count)],
        "target": [
            int(i % PATIENTS < 10 and i % 3 == 0) if train[i] else None for i in range(count)
        ],
        "split": ["train" if here else "test" for here in train],
        "path": [f"img{i:03d}.jpg" for i in range(count)],
        "sex": [(None, "female", "male")[i % 9 % 3] for i in range(count)],
        "age": ages,
        "site": [(*SITES, None)[i % 7] for i in range(count)],
        "source": ["test"] * count,
    }


@pytest.fixture
def table() -> ImageTable:
    """Sixty train images of 20 patients, 16 test images of four others, some values missing."""
    return ImageTable.of(pl.DataFrame(_rows()), "handmade", inputs={"data": "d" * 16})


@pytest.fixture
def folds(table: ImageTable) -> Folds:
    """Four folds of five patients each, every fold with positives."""
    return _four_folds(table)


def _four_folds(table: ImageTable) -> Folds:
    frame = table.train.select(
        "image_id", (pl.col("patient_id").str.slice(1).cast(pl.Int16) % 4).alias("fold")
    )
    return Folds.of(frame, seed=0, method="by hand", inputs={"images": table.digest})


@pytest.fixture
def member(table: ImageTable, folds: Folds) -> Callable[..., tuple[Predictions, Predictions]]:
    """Make a member of any strength: `member("a", strength=1.0, seed=0)` gives (oof, test).

    Out-of-fold scores are noise plus `strength` times the target; test scores are noise.
    """

    def make(
        name: str = "cnn-32", strength: float = 1.0, seed: int = 0
    ) -> tuple[Predictions, Predictions]:
        rng = np.random.default_rng([seed, *name.encode()])
        signal = strength * table.train["target"].to_numpy()
        oof = folds.frame.with_columns(score=signal + rng.normal(size=len(signal)))
        test = table.test.select(
            "image_id",
            pl.lit(None, pl.Int16).alias("fold"),
            pl.Series("score", rng.normal(size=table.test.height)),
        )
        inputs = {"images": table.digest, "folds": folds.digest}
        return (
            Predictions.of(oof, name=name, kind="oof", folds=folds.digest, inputs=inputs),
            Predictions.of(test, name=name, kind="test", folds=folds.digest, inputs=inputs),
        )

    return make


@pytest.fixture
def sample(table: ImageTable) -> pl.DataFrame:
    """A sample submission of the hand-made table, its ids in no tidy order."""
    ids = table.test["image_id"].sample(fraction=1.0, shuffle=True, seed=3)
    return pl.DataFrame({"image_name": ids, "target": ["0"] * len(ids)})


@pytest.fixture(scope="session")
def tiny_competition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smallest synthetic competition, written once a session; copy it before changing it."""
    from mel.kaggle import synth

    return synth(tmp_path_factory.mktemp("competition") / "tiny", size="tiny")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data, or a skip that says where it was looked for."""
    place = Path(os.environ.get("MEL_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not place.is_dir():
        pytest.skip(f"no real data at {place}; point MEL_REAL_DATA at it")
    return place


def hand_graph(size: int, seed: int, metadata: int = 0) -> bytes:
    """An ONNX graph as `mel cnn export` writes them: one convolution, its map, its mean."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(seed)
    weights = {
        "kernel": rng.normal(0, 0.002, (1, 3, 4, 4)),
        "bias": rng.normal(-0.3, 0.2, (1,)),
        "column": rng.normal(0, 0.4, (metadata, 1)),
    }
    node, n = helper.make_node, "n"
    nodes = [
        node("Cast", ["pixels"], ["counts"], to=TensorProto.FLOAT),
        node("Transpose", ["counts"], ["planes"], perm=[0, 3, 1, 2]),
        node("Conv", ["planes", "kernel"], ["grid"], strides=[4, 4]),
        node("Squeeze", ["grid", "channel"], ["map"]),
        node("ReduceMean", ["map"], ["mean"], axes=[1, 2], keepdims=0),
    ]
    inputs = [helper.make_tensor_value_info("pixels", TensorProto.UINT8, [n, size, size, 3])]
    if metadata:
        inputs += [helper.make_tensor_value_info("metadata", TensorProto.FLOAT, [n, metadata])]
        nodes += [node("MatMul", ["metadata", "column"], ["adds"])]
        nodes += [node("Squeeze", ["adds", "channel"], ["added"])]
        nodes += [node("Sum", ["mean", "bias", "added"], ["logit"])]
    else:
        nodes += [node("Add", ["mean", "bias"], ["logit"])]
    outputs = [helper.make_tensor_value_info("logit", TensorProto.FLOAT, [n])]
    side = size // 4
    outputs += [helper.make_tensor_value_info("map", TensorProto.FLOAT, [n, side, side])]
    kept = [numpy_helper.from_array(w.astype(np.float32), name) for name, w in weights.items()]
    kept += [numpy_helper.from_array(np.array([1], np.int64), "channel")]
    graph = helper.make_graph(nodes, "hand", inputs, outputs, kept)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    onnx.checker.check_model(made)
    return made.SerializeToString()


def hand_members() -> dict[str, dict[str, object]]:
    """Two members of four folds: plain at 32 pixels; metadata, flips and two sizes at 16."""
    folds = [str(fold) for fold in range(4)]
    tta = {"turns": "flips", "sizes": [24], "average": "probability"}
    return {
        name: {
            "name": name,
            "size": size,
            "metadata": more,
            "tta": tta if more else {},
            "graphs": {
                fold: {
                    str(pixels): f"members/{name}/fold{fold}/graph-{pixels}.onnx"
                    for pixels in ((size, 24) if more else (size,))
                }
                for fold in folds
            },
        }
        for name, size, more in (("alpha-32", 32, False), ("beta-16", 16, True))
    }


def hand_bundle(place: Path, images: ImageTable, folds: Folds) -> Path:
    """Write `place`/blend.mel: hand-made networks, and a stack and blends fitted to noise."""
    from mel import ensemble, tabular
    from mel.bundles import write_bundle
    from mel.config import TabularSettings
    from mel.metadata import METADATA

    files: dict[str, bytes | Path] = {"card.md": b"# Synthetic, by hand\n", "facts.json": b"{}\n"}
    scores = []
    for number, (name, said) in enumerate(hand_members().items()):
        files[f"members/{name}/member.json"] = json.dumps(said).encode()
        for fold, graphs in said["graphs"].items():
            for size, file in graphs.items():
                more = len(METADATA) if said["metadata"] else 0
                files[file] = hand_graph(int(size), 10 * number + int(fold), more)
        scores.append(_chances(name, images, folds, number))
    settings = TabularSettings(name="stack", rounds=5, seeds=1, num_leaves=3, min_data_in_leaf=5)
    oof, test = ([pair[side] for pair in scores] for side in (0, 1))
    tabular.train(images, folds, oof, test, settings, place / "stack")
    for variant in ("context", "single"):
        stacked = [
            replace(Predictions.read(place / "stack" / variant / f"{kind}.parquet"), name="stack")
            for kind in ("oof", "test")
        ]
        made = ensemble.blend(images, folds, [*oof, stacked[0]], [*test, stacked[1]]).blend
        made.write(place / "blends" / variant / "blend.json")
    for root in ("stack", "blends"):
        files |= {p.relative_to(place).as_posix(): p for p in (place / root).rglob("*.json")}
    facts = {"name": "blend", "members": list(hand_members()), "stack": "stack", "main": "context"}
    write_bundle(place / "blend.mel", files, facts | {"synthetic": True, "bfloat16": True})
    return place


def _chances(
    name: str, images: ImageTable, folds: Folds, seed: int
) -> tuple[Predictions, Predictions]:
    """Scores from 0 to 1 that know a little of the target."""
    rng = np.random.default_rng(seed)
    logit = images.train["target"].to_numpy() + rng.normal(size=images.train.height)
    found = folds.frame.with_columns(score=1 / (1 + np.exp(-logit)))
    blank = images.test.select("image_id", pl.lit(None, pl.Int16).alias("fold"))
    test = blank.with_columns(score=pl.Series(rng.uniform(size=blank.height)))
    common = {"name": name, "folds": folds.digest, "inputs": {"images": images.digest}}
    return (
        Predictions.of(found, kind="oof", **common),
        Predictions.of(test, kind="test", **common),
    )


@pytest.fixture(scope="session")
def graph_of() -> Callable[..., bytes]:
    """Give `hand_graph`, which draws an ONNX graph of a size by a seed."""
    pytest.importorskip("openvino", reason="needs OpenVINO: mel[serve]")
    pytest.importorskip("onnx", reason="needs ONNX: mel[export]")
    return hand_graph


@pytest.fixture(scope="session")
def handmade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with blend.mel, a bundle of two hand-made networks, and twenty images/ to score."""
    pytest.importorskip("openvino", reason="needs OpenVINO: mel[serve]")
    pytest.importorskip("onnx", reason="needs ONNX: mel[export]")
    place = tmp_path_factory.mktemp("handmade")
    images = ImageTable.of(pl.DataFrame(_rows()), "handmade", inputs={"data": "d" * 16})
    hand_bundle(place, images, _four_folds(images))
    rng = np.random.default_rng(5)
    (place / "images").mkdir()
    for number in range(20):
        pixels = rng.integers(0, 256, (40 + number, 50, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(place / "images" / f"new{number:02d}.png")
    return place
