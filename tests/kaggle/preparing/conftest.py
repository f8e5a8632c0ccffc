"""Originals of many kinds to prepare, and what a whole folder holds."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

Originals = Callable[..., pl.DataFrame]
Content = Callable[[Path], dict[str, bytes]]


def _picture(path: Path, seed: int, width: int, height: int) -> None:
    """A smooth picture of its own colours, so that no two are alike."""
    rng = np.random.default_rng(seed)
    small = rng.integers(40, 215, (3, 4, 3), dtype=np.uint8)
    Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC).save(path, quality=92)


@pytest.fixture
def originals(tmp_path: Path) -> Originals:
    """Write `count` JPEGs of 96 x 64 pixels; give their table of image_id and path."""

    def make(count: int, width: int = 96, height: int = 64) -> pl.DataFrame:
        folder = tmp_path / "originals"
        folder.mkdir(exist_ok=True)
        rows = []
        for k in range(count):
            path = folder / f"img{k:03d}.jpg"
            _picture(path, k, width, height)
            rows.append((path.stem, str(path)))
        return pl.DataFrame(rows, schema=["image_id", "path"], orient="row")

    return make


@pytest.fixture
def content() -> Content:
    """Give all of a folder: each file's bytes by its name, hidden files but the lock included."""

    def read(folder: Path) -> dict[str, bytes]:
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != ".lock"
        }

    return read
