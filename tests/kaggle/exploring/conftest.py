"""Tables for the exploration: small, seeded, with or without pictures."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from mel.tables import Folds, ImageTable

Make = Callable[..., ImageTable]


def rows(train: int = 300, test: int = 90, seed: int = 0) -> dict[str, list[Any]]:
    """Columns of images, three a patient, a sixth of the train images positive."""
    rng = np.random.default_rng(seed)
    count = train + test
    splits = ["train"] * train + ["test"] * test
    return {
        "image_id": [f"i{n:05d}" for n in range(count)],
        "patient_id": [f"{split[:2]}{n // 3}" for n, split in enumerate(splits)],
        "target": [int(rng.random() < 1 / 6) if s == "train" else None for s in splits],
        "split": splits,
        "path": [None] * count,
        "sex": rng.choice(["female", "male"], count).tolist(),
        "age": (5.0 * rng.integers(3, 18, count)).tolist(),
        "site": rng.choice(["torso", "head/neck", "upper extremity"], count).tolist(),
        "source": ["made"] * count,
    }


@pytest.fixture(scope="session")
def make() -> Make:
    """Make a table: `make(train=300, test=90, seed=0, name="made", sex=[...], width=[...])`."""

    def table(
        train: int = 300, test: int = 90, seed: int = 0, name: str = "made", **columns: Any
    ) -> ImageTable:
        frame = pl.DataFrame(rows(train, test, seed) | columns, strict=False)
        return ImageTable.of(frame, name)

    return table


def split_patients(table: ImageTable, count: int = 3) -> Folds:
    """Give folds of whole patients, by the order of their names."""
    fold = (pl.col("patient_id").rank("dense") % count).cast(pl.Int16)
    return Folds.of(table.train.select("image_id", fold=fold), seed=0, method="by hand")


@pytest.fixture(scope="session")
def by_patient() -> Callable[..., Folds]:
    """Make folds of whole patients for a table."""
    return split_patients


@pytest.fixture
def pictured(make: Make, tmp_path: Path) -> ImageTable:
    """A table of 40 images with their files; those of the first five are broken or gone."""
    paths = []
    for n in range(40):
        path = tmp_path / f"{n}.{'png' if n % 2 else 'jpg'}"
        Image.new("RGB", (30 + n % 3, 20), (5 * n, 90, 60)).save(path)
        paths.append(str(path))
    for n in range(4):
        Path(paths[n]).write_bytes(b"no picture")
    Path(paths[4]).unlink()
    return make(30, 10, path=paths)
