"""Peak memory of training and of scoring, of few images and of many: writes results/memory.md.

python benchmarks/memory.py
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from mel import cnn
from mel.config import HardwareSettings, MemberSettings, TtaSettings
from mel.tables import Folds, ImageTable

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "benchmarks" / "results" / "memory.md"
BACKBONE, SIZE, TIMES = "efficientnetv2_micro", 128, 8
MODES = ("decoded", "kept")
Peak = dict[str, float]


# the data


def pictures(folder: Path, count: int) -> None:
    """Write pictures of soft noise, so that they decode as photographs do."""
    folder.mkdir(parents=True)
    draw = np.random.default_rng(0)
    for index in range(count):
        coarse = draw.integers(0, 256, (12, 16, 3), dtype=np.uint8)
        image = Image.fromarray(coarse).resize((192, 144), Image.Resampling.BICUBIC)
        image.save(folder / f"{index:06d}.jpg", quality=90)


def listed(folder: Path, count: int, prefix: str) -> pl.DataFrame:
    """List the first pictures under ids of their own."""
    names = [f"{index:06d}" for index in range(count)]
    return pl.DataFrame(
        {
            "image_id": [f"{prefix}{name}" for name in names],
            "path": [str(folder / f"{name}.jpg") for name in names],
        }
    )


def table(folder: Path, count: int) -> tuple[ImageTable, Folds]:
    """Make a table of train images alone, two folds, an image a patient."""
    number = pl.int_range(count)
    missing = {name: pl.lit(None, pl.String) for name in ("sex", "site")}
    frame = listed(folder, count, "train").with_columns(
        patient_id=pl.col("image_id"),
        target=(number % 4 == 0).cast(pl.Int8),
        split=pl.lit("train"),
        source=pl.lit("made"),
        age=pl.lit(None, pl.Float64),
        **missing,
    )
    images = ImageTable.of(frame, "made", synthetic=True)
    fold = (pl.int_range(count) // 4 % 2).cast(pl.Int16).alias("fold")
    return images, Folds.of(images.train.select("image_id", fold), seed=0, method="by hand")


# one measurement, in a process of its own


def measure(work: Path, task: str, count: int, mode: str) -> Peak:
    """Train a member on `count` images, or score as many by it; give the workers' peak memory."""
    hardware = HardwareSettings(device="cpu", pixels=mode)  # type: ignore[arg-type]
    settings = MemberSettings(
        backbone=BACKBONE,
        size=SIZE,
        epochs=2,
        tta=TtaSettings(turns="flips"),
        hardware=hardware,
    )
    member = work / mode / str(count) / "cnn" / settings.name
    with _Watch() as watch:
        if task == "train":
            cnn.train(*table(work / "pictures", count), settings, member)
        else:
            new = listed(work / "pictures", count, "new")
            cache = work / mode / str(count) / "scored"
            cnn.predict(member, new, hardware=hardware, cache=cache)
    return watch.peak


class _Watch(threading.Thread):
    """Looks every few milliseconds at the memory of this process's children."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak: Peak = {"all": 0.0, "own": 0.0}
        self._end = threading.Event()

    def __enter__(self) -> "_Watch":
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._end.set()
        self.join()

    def run(self) -> None:
        while not self._end.wait(0.02):
            for pid in _children():
                seen = _status(pid)
                self.peak["all"] = max(self.peak["all"], seen.get("VmHWM", 0.0))
                self.peak["own"] = max(self.peak["own"], seen.get("RssAnon", 0.0))


def _children() -> list[str]:
    found: list[str] = []
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # a thread that has ended since
            found += (task / "children").read_text().split()
    return found


def _status(pid: str) -> dict[str, float]:
    """Give a process's memory in megabytes, by the names of the kernel; nothing once it ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    rows = (line.split() for line in lines if line.endswith(" kB"))
    return {name.removesuffix(":"): int(kilobytes) / 1024 for name, kilobytes, _ in rows}


# all of them, side by side


def main() -> None:
    """Measure every case in a fresh process, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=200, help="of the smaller case")
    parser.add_argument("--case", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.case:
        work, task, count, mode = given.case
        print(json.dumps(measure(Path(work), task, int(count), mode)))
        return
    start = time.monotonic()
    counts = (given.images, TIMES * given.images)
    with tempfile.TemporaryDirectory() as folder:
        pictures(Path(folder) / "pictures", max(counts))
        found = {
            (mode, task): [_measured(folder, task, count, mode) for count in counts]
            for mode in MODES
            for task in ("train", "score")
        }
    text = _result(found, counts, time.monotonic() - start)
    RESULT.write_text(text, encoding="utf-8")
    print(text)


def _measured(folder: str, task: str, count: int, mode: str) -> Peak:
    case = ["--case", folder, task, str(count), mode]
    command = [sys.executable, str(Path(__file__).resolve()), *case]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    peak: Peak = json.loads(done.stdout.splitlines()[-1])
    print(mode, task, count, {name: round(value) for name, value in peak.items()}, file=sys.stderr)
    return peak


def _result(
    found: dict[tuple[str, str], list[Peak]], counts: tuple[int, int], seconds: float
) -> str:
    few, many = counts
    each = SIZE * SIZE * 3 / 2**20
    rows = []
    for (mode, task), (first, second) in found.items():
        name = {"train": "training", "score": "scoring"}[task]
        for what, kind in (("own", "own memory"), ("all", "with mapped files")):
            grown = second[what] - first[what]
            cells = (name, mode, kind, f"{first[what]:,.0f}", f"{second[what]:,.0f}")
            rows.append((*cells, f"{second[what] / first[what]:.3f}", f"{grown:+,.0f}"))
    head = ("task", "pixels", "peak of", f"{few:,} images, MB", f"{many:,} images, MB")
    columns = (*head, "ratio", "growth, MB")
    ruler = "|".join("---" for _ in columns)
    body = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    packages = ("tensorflow", "keras", "keras-cv", "numpy", "polars")
    names = ", ".join(f"{name} {version(name)}" for name in packages)
    machine = f"{os.cpu_count()} {platform.machine()} cores, Python {platform.python_version()}"
    return f"""# Peak memory of training and of scoring

- command: `.venv/bin/python benchmarks/memory.py`
- machine: {machine}
- time: {seconds / 60:.0f} minutes
- versions: {names}

{BACKBONE} at {SIZE} pixels, two folds of two epochs, batches of 32; scored under four flips. One
child process a fold does the work, and its peak is the figure: all of it is TensorFlow's, the
network's and that of a few batches. The pictures of the larger case are {many * each:,.0f} MB of
pixels, {(many - few) * each:,.0f} MB more than those of the smaller one.

| {" | ".join(columns)} |
|{ruler}|
{body}

Own memory is what the system cannot take back without swapping (RssAnon, looked at every 20 ms).
Kept pixels lie in a file that is mapped into memory: what was read of it counts as the process's
until the system wants it for something else (VmHWM has both).
"""


if __name__ == "__main__":
    main()
