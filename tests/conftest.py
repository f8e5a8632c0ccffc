"""Fixtures that every room's tests share: small hand-made tables and a synthetic competition."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mel.predictions import Predictions
from mel.tables import SITES, Folds, ImageTable

ROOT = Path(__file__).parent.parent
TRAIN, TEST, PATIENTS = 60, 16, 20


def pytest_configure(config: pytest.Config) -> None:
    """Name the marks that this suite uses."""
    config.addinivalue_line("markers", "slow: trains a real network; included, but deselectable")


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
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], None]], Path]:
    """Make a folder once for all processes of this run: `once("name", make)` gives it.

    `make` is called with the folder, in one process, while the others wait; none may change it.
    """
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent

    def give(name: str, make: Callable[[Path], None]) -> Path:
        place, whole = root / f"once-{name}", root / f"once-{name}.whole"
        with (root / f"once-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not whole.exists():
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir()
                make(place)
                whole.touch()
        return place

    return give


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
