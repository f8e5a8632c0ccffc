"""Networks of every head as graphs: what a graph says is what the network says, or it is none."""

import json
import subprocess
import sys

import pytest

for package in ("onnx", "tf2onnx", "openvino"):
    pytest.importorskip(package)

_CODE = """
import json, os, sys, tempfile
from pathlib import Path
os.environ["KERAS_BACKEND"] = "tensorflow"
import numpy as np, polars as pl
from PIL import Image
from mel.cnn.devices import choose
from mel.cnn.jobs import export
from mel.cnn.jobs.scorers import Scorer
from mel.cnn.labels import Labels
from mel.config import MemberSettings, TtaSettings
from mel.errors import MelError

device = choose(export.HARDWARE)
device.start()
import mel.cnn.exporting.converting as converting

class_ = Labels(("melanoma", "nevus", "other", "scar"), (True, False, False, True))
settings = MemberSettings(
    backbone="efficientnetv2_micro", size=32, metadata=True, pooling="gem", head="diagnosis",
    tta=TtaSettings(sizes=[40]),
)
scorer = Scorer.of(settings, class_, device)
draw = np.random.default_rng(0)
for network in scorer.networks.values():
    network.set_weights([w + np.abs(draw.normal(0, 0.03, w.shape)) for w in network.get_weights()])
folder = Path(sys.argv[1])
names = [f"i{number}" for number in range(20)]
for name in names:
    Image.fromarray(draw.integers(0, 256, (48, 48, 3), dtype=np.uint8)).save(folder / f"{name}.png")
pl.DataFrame({
    "image_id": names, "path": [str(folder / f"{name}.png") for name in names],
    "age": draw.integers(1, 90, 20).astype(float), "sex": ["male", "female"] * 10,
    "site": [None, "torso"] * 10, "target": [0, 1] * 10, "kept": [0.5] * 20,
}).write_parquet(folder / "frame.parquet")
first = folder / "checkpoint.weights.h5"
scorer.networks[32].save_weights(first)
place = folder / "fold0"
part = {"name": "a fold 0", "place": str(place), "frame": str(folder / "frame.parquet"),
        "checkpoints": [str(first)], "made_from": {}}
job, desk, told = {"cache": str(folder), "framing": None}, export.Desk.of(scorer), []
export._export(desk, part, job, told.append)
said = json.loads((place / "export.json").read_text())["sizes"]
found = {"sizes": said, "told": sum(e["done"] for e in told)}

right = converting.converted
head = scorer.networks[40].get_layer("head_logit")
head.set_weights([-w for w in head.get_weights()])
other = right(desk.functions[40])
swap = {desk.functions[40]: other}
converting.converted = lambda function, without=(): swap.get(function) or right(function)
try:
    export._export(desk, part, job, told.append)
except MelError as error:
    found["refused"] = str(error)
found["left"] = sorted(path.name for path in place.iterdir())
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """A network with classes, metadata, GeM and two sizes, and one whose graph is another's."""
    command = [sys.executable, "-c", _CODE, str(tmp_path_factory.mktemp("graphs"))]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout))


def test_classes_metadata_and_gem_are_in_the_graph_of_each_size(found: dict[str, dict]) -> None:
    assert set(found["sizes"]) == {"32", "40"}
    for graph in found["sizes"].values():
        assert graph["verified"]["images"] == 20
        assert max(graph["verified"][what] for what in ("logit", "probability", "map")) < 1e-4
    assert found["told"] == 40


def test_a_graph_that_is_not_its_network_is_refused_by_name_and_none_is_left(
    found: dict[str, str],
) -> None:
    assert found["refused"].startswith("a fold 0, size 40: no true graph (its probabilities differ")
    assert found["left"] == []
