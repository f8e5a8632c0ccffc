"""A competition small enough to train on in seconds: 48 pictures, the positives redder.

Two of them, one of a train and one of a test patient, are smaller than any network's size.
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from mel.cnn import Exported
from mel.config import MemberSettings
from mel.predictions import Predictions
from mel.tables import Folds, ImageTable

PATIENTS, EACH = 16, 3
TINY = (5, 29)


def _picture(seed: int, positive: bool, path: Path) -> str:
    draw = np.random.default_rng(seed)
    pixels = draw.integers(80, 180, (15, 20, 3) if seed in TINY else (40, 48, 3))
    pixels[..., 0] += 60 * positive
    Image.fromarray(pixels.astype(np.uint8)).save(path, quality=95)
    return str(path)


def make_table(folder: Path) -> ImageTable:
    """Write the pictures and give their table: twelve train patients, four test patients."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for index in range(PATIENTS * EACH):
        patient = index % PATIENTS
        train, positive = patient < 12, patient % 3 == 0
        rows.append(
            {
                "image_id": f"img{index:02d}",
                "patient_id": f"p{patient:02d}",
                "target": int(positive) if train else None,
                "split": "train" if train else "test",
                "path": _picture(index, positive, folder / f"img{index:02d}.jpg"),
                "sex": None,
                "age": None,
                "site": None,
                "source": "made",
            }
        )
    return ImageTable.of(pl.DataFrame(rows, infer_schema_length=None), "made", synthetic=True)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> ImageTable:
    return make_table(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def small_folds(small: ImageTable) -> Folds:
    frame = small.train.select(
        "image_id", (pl.col("patient_id").str.slice(1).cast(pl.Int16) // 6).alias("fold")
    )
    return Folds.of(frame, seed=0, method="by hand")


@pytest.fixture(scope="session")
def micro() -> MemberSettings:
    return MemberSettings(backbone="efficientnetv2_micro", size=32, epochs=3, batch_size=8)


@pytest.fixture(scope="session")
def trained(
    small: ImageTable,
    small_folds: Folds,
    micro: MemberSettings,
    once: Callable[[str, Callable[[Path], None]], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, Predictions, Predictions]:
    """One member trained for real, for the tests that only look: its folder, oof and test.

    Trained once for all processes; each has a copy beside its own pictures.
    """
    from mel.cnn import train

    made = once("trained", lambda place: _train(small, small_folds, micro, place))
    out = tmp_path_factory.mktemp("work") / "cnn" / micro.name
    shutil.copytree(made / "cnn" / micro.name, out)
    found = train(small, small_folds, micro, out)
    assert found is not None
    return out, *found


def _train(table: ImageTable, folds: Folds, settings: MemberSettings, place: Path) -> None:
    from mel.cnn import train

    train(table, folds, settings, place / "cnn" / settings.name)


@pytest.fixture
def workers_of() -> Callable[[Path], list[int]]:
    """Give the processes that have a file of a folder open: orphans, once their parent is gone."""

    def look(here: Path) -> list[int]:
        for _ in range(100):  # one that was still starting ends as soon as it has started
            if not (found := _holding_open(here)):
                break
            time.sleep(0.2)
        return found

    return look


@dataclass(frozen=True)
class Place:
    """A work folder with one trained member, and what was exported of it."""

    work: Path
    member: Path
    made: list[Exported]


@pytest.fixture(scope="session")
def exported(
    trained: tuple[Path, Predictions, Predictions],
    small: ImageTable,
    small_folds: Folds,
    once: Callable[[str, Callable[[Path], None]], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Place:
    """Both folds and the mean network, exported by one child process; `made` lacks fold 1."""
    from mel import pipeline

    for package in ("onnx", "tf2onnx", "openvino"):
        pytest.importorskip(package)
    name = trained[0].name

    def export(place: Path) -> None:
        shutil.copytree(trained[0], place / "cnn" / name)
        small.write(place / "images.parquet")
        small_folds.write(place / "folds.parquet")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("KERAS_BACKEND", "jax")  # as where it was trained on a TPU
            pipeline.cnn_export(place, [name], average=True)

    work = tmp_path_factory.mktemp("exported") / "work"
    shutil.copytree(once("exported", export), work)
    (made,) = pipeline.cnn_export(work, [name], [0], average=True).values()
    return Place(work, work / "cnn" / name, made)


def _holding_open(here: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                links = [str(fd.readlink()) for fd in (entry / "fd").iterdir()]
            except OSError:
                continue
            if any(link.startswith(str(here)) for link in links):
                found.append(int(entry.name))
    return found
