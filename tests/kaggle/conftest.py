"""A tiny synthetic competition, a copy of it to break, and a hand-made HAM10000."""

import os
import shutil
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from mel.kaggle import synth


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a tiny synthetic competition; nothing may change it."""
    return synth(tmp_path_factory.mktemp("kaggle") / "tiny", size="tiny")


@pytest.fixture
def siim(tiny: Path, tmp_path: Path) -> Path:
    """Give a copy of the tiny competition that a test may break."""
    return Path(shutil.copytree(tiny, tmp_path / "siim"))


@pytest.fixture
def ham(tmp_path: Path) -> Path:
    """Give 60 images of 40 lesions in the layout of HAM10000, a quarter of them melanomas."""
    folder = tmp_path / "ham"
    (folder / "images").mkdir(parents=True)
    rows = []
    for k in range(60):
        lesion = k % 40
        dx = "mel" if lesion % 4 == 0 else "nv"
        place = "scalp" if k % 2 else "unknown"
        sex = "female" if k % 3 else "unknown"
        age = None if k == 7 else 5.0 * (k % 15)
        rows.append((f"HAM_{lesion:03}", f"ISIC_{k:03}", dx, "histo", age, sex, place))
        Image.new("RGB", (8, 6), (k, 0, 0)).save(folder / "images" / f"ISIC_{k:03}.jpg")
    columns = ["lesion_id", "image_id", "dx", "dx_type", "age", "sex", "localization"]
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    frame.write_csv(folder / "HAM10000_metadata.csv")
    return folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Give the folder of real tables, or skip."""
    beside = Path(__file__).parents[3] / "shared" / "data"
    folder = Path(os.environ.get("MEL_REAL_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is absent; set MEL_REAL_DATA to their folder")
    return folder
