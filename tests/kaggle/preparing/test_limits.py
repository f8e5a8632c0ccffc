"""Memory does not grow with the images, and a full disk costs nothing that was done."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from mel.kaggle import prepare

MEASURE = """
import sys
from pathlib import Path
import polars as pl
from mel import kaggle
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if "VmHWM" in line)
table, options = pl.read_parquet(sys.argv[1]), {"sizes": [64, 128], "quality": 98, "workers": 2}
kaggle.prepare(table.head(40), sys.argv[2] + "-warm", **options)
Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far, such as the imports'
before = peak()
kaggle.prepare(table.head(int(sys.argv[3])), sys.argv[2], shard_images=100, **options)
print(peak() - before)
"""

SMALL_FILES = """
import resource, sys
import polars as pl
from mel import kaggle
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
kaggle.prepare(pl.read_parquet(sys.argv[1]), sys.argv[2], sizes=[16, 64], shard_images=4)
"""


def _table(tmp_path: Path, count: int) -> Path:
    """Many ids of a few tiny pictures: what is measured is what each further image costs."""
    for k in range(10):
        Image.effect_noise((24, 24), 20 + k).convert("RGB").save(tmp_path / f"{k}.jpg")
    frame = pl.DataFrame({"image_id": [f"ISIC_{k:07d}" for k in range(count)]})
    paths = [str(tmp_path / f"{k % 10}.jpg") for k in range(count)]
    frame.with_columns(path=pl.Series(paths)).write_parquet(tmp_path / "table.parquet")
    return tmp_path / "table.parquet"


def _run(code: str, *words: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux tells the peak")
def test_memory_stays_flat_from_200_to_2000_images(tmp_path):
    """1,800 more images would be 110 MiB as pixels and over 10 as records, were they kept."""
    table = _table(tmp_path, 2000)
    grown = []
    for count in (200, 2000):
        done = _run(MEASURE, table, tmp_path / f"out{count}", count)
        assert done.returncode == 0, done.stderr
        grown.append(int(done.stdout) / 1024)
    assert grown[1] - grown[0] < 7, grown


def test_a_file_that_cannot_grow_is_one_line_and_what_is_done_stays(originals, tmp_path, content):
    """A stand-in for a full disk that needs no rights: no file may pass 15 KB."""
    table = originals(12)
    for path in table["path"][6:]:
        Image.effect_noise((96, 96), 90).convert("RGB").save(path)
    table.write_parquet(tmp_path / "table.parquet")
    done = _run(SMALL_FILES, tmp_path / "table.parquet", tmp_path / "out", 15_000)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("mel.errors.MelError: ")
    assert "cannot be written (File too large)" in last
    done = sorted(path.stem for path in (tmp_path / "out/parts").iterdir())
    assert done == ["shard-00000-of-00003", "shard-00001-of-00003"]
    assert not list((tmp_path / "out").rglob(".????????-*"))
    prepare(table, tmp_path / "out", sizes=[16, 64], shard_images=4)
    prepare(table, tmp_path / "whole", sizes=[16, 64], shard_images=4)
    assert content(tmp_path / "out") == content(tmp_path / "whole")


def test_a_full_disk_is_one_line_and_the_run_goes_on_once_there_is_room(
    originals, tmp_path, content
):
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        table = originals(60)
        table.write_parquet(tmp_path / "table.parquet")
        code = "import resource\n" + SMALL_FILES.replace("resource.setrlimit", "0 and print")
        done = _run(code, tmp_path / "table.parquet", disk / "out", 0)
        assert done.returncode == 1
        assert "cannot be written" in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr.splitlines()[-1]
        assert not list(disk.rglob(".????????-*"))
        kept = {p.name: p.stat().st_mtime_ns for p in disk.glob("out/parts/*")}
        assert 0 < len(kept) < 15
        subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
        prepare(table, disk / "out", sizes=[16, 64], shard_images=4)
        assert {n: (disk / "out/parts" / n).stat().st_mtime_ns for n in kept} == kept
        prepare(table, tmp_path / "whole", sizes=[16, 64], shard_images=4)
        assert content(disk / "out") == content(tmp_path / "whole")
    finally:
        subprocess.run(["umount", str(disk)], check=True)
