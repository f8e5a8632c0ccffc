"""`mel kaggle prepare` as it is typed: a summary, an exit status, one line for what is wrong."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import mel
from mel.tables import ImageTable


def _mel(*words: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "mel.cli", "kaggle", "prepare", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def work(originals, table, tmp_path) -> Path:
    """A work folder with five images loaded."""
    rows = table.frame.head(5).drop("path").join(originals(5), on="image_id")
    (tmp_path / "work").mkdir()
    ImageTable.of(rows, "five").write(tmp_path / "work" / "images.parquet")
    return tmp_path / "work"


def test_the_command_prepares_what_the_work_folder_has_loaded(work):
    done = _mel("--work", work, "--size", 16, "--size", 24, "--shard-images", 2)
    assert done.returncode == 0, done.stderr
    told = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert told["images"] == "5 prepared, 0 broken"
    assert told["shards"] == "3 a size: 3 made now, 0 kept"
    assert told["enlarged"] == "0 at 16, 0 at 24"
    assert "images/s" in told["time"]
    names = {"mel": mel, "table": ImageTable.read(work / "images.parquet")}
    found = eval(told["use"], names)  # the line can be copied as it stands
    assert found.frame["path"].str.contains("prepared/16/shard-").all()
    assert len(list(work.glob("prepared/24/shard-*.tfrec"))) == 3


def test_broken_images_end_the_command_with_status_one_unless_skipped(work, tmp_path):
    (tmp_path / "originals" / "img002.jpg").write_bytes(b"")
    words = ("--work", work, "--size", 16, "--out", tmp_path / "out", "--workers", 1)
    done = _mel(*words)
    assert done.returncode == 1
    assert "4 prepared, 1 broken" in done.stdout
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"mel: {tmp_path / 'out' / 'broken.csv'}: 1 of 5 images are broken")
    assert "'img002'" in last
    assert _mel(*words, "--skip-broken").returncode == 0
    assert pl.read_csv(tmp_path / "out" / "broken.csv").height == 1


def test_a_folder_where_nothing_is_loaded_is_told_how_to_load(tmp_path):
    done = _mel("--work", tmp_path, "--size", 16)
    assert done.returncode == 2
    assert "load the images first: mel kaggle load" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_mistyped_fit_is_answered_with_the_near_one(work):
    done = _mel("--work", work, "--size", 16, "--fit", "croop")
    assert done.returncode == 2
    assert "did you mean 'crop'" in done.stderr
