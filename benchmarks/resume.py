"""Real trainings killed at random moments, against one that was not: writes results/resume.md.

python benchmarks/resume.py --kills 20
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from mel.config import MemberSettings
from mel.predictions import Predictions
from mel.tables import Folds, ImageTable

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "benchmarks" / "results" / "resume.md"
TRAIN = """
import sys
from pathlib import Path
from mel.cnn import train
from mel.config import MemberSettings
from mel.tables import Folds, ImageTable
here = Path(sys.argv[1])
settings = MemberSettings.model_validate_json((here / "settings.json").read_text())
table, folds = ImageTable.read(here / "images.parquet"), Folds.read(here / "folds.parquet")
train(table, folds, settings, here / "cnn" / sys.argv[2])
"""
SETTINGS = {
    "backbone": "efficientnetv2_micro",
    "size": 32,
    "epochs": 40,
    "batch_size": 5,
    "accumulate": 2,
    "ema": 0.9,
    "dropout": 0.3,
    "label_smoothing": 0.05,
    "loss": "focal",
    "freeze": {"epochs": 4, "share": 0.7, "thaw_epochs": 1},
    "augmentation": {"rotation": 90.0, "zoom": 0.2, "cutout": 0.2, "mixup": 0.2, "hue": 10.0},
}


def _competition(here: Path) -> None:
    """Write 96 pictures of 32 patients, their table, two folds and the settings."""
    rows = []
    for index in range(96):
        patient, draw = index % 32, np.random.default_rng(index)
        pixels = draw.integers(80, 180, (40, 48, 3)).astype(np.uint8)
        pixels[..., 0] += np.uint8(40 * (patient % 3 == 0))
        Image.fromarray(pixels).save(path := here / f"img{index:02d}.jpg", quality=95)
        train = patient < 24
        rows.append(
            {
                "image_id": f"img{index:02d}",
                "patient_id": f"p{patient:02d}",
                "target": int(patient % 3 == 0) if train else None,
                "split": "train" if train else "test",
                "path": str(path),
                "sex": None,
                "age": None,
                "site": None,
                "source": "made",
            }
        )
    frame = pl.DataFrame(rows, infer_schema_length=None)
    table = ImageTable.of(frame, "made", synthetic=True)
    fold = (pl.col("patient_id").str.slice(1).cast(pl.Int16) // 12).alias("fold")
    folds = Folds.of(table.train.select("image_id", fold), seed=0, method="by hand")
    table.write(here / "images.parquet")
    folds.write(here / "folds.parquet")
    settings = MemberSettings.model_validate(SETTINGS)
    (here / "settings.json").write_text(settings.model_dump_json())


def _train(here: Path, name: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", TRAIN, str(here), name]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def _workers(here: Path) -> int:
    """Count the processes that still have a file of this folder open."""
    found = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                links = [str(fd.readlink()) for fd in (entry / "fd").iterdir()]
            except OSError:
                continue
            found += any(link.startswith(str(here)) for link in links)
    return found


def _moment(member: Path) -> str:
    """Say what was being done when the training was killed."""
    done = sum(1 for _ in member.glob("fold*/done.json"))
    fold = member / f"fold{done}"
    if (fold / "trained.json").exists():
        return f"fold {done}, scoring"
    if (fold / "state.npz").exists():
        return f"fold {done}, between its epochs"
    return f"fold {done}, before its first epoch was kept" if fold.exists() else "before a fold"


def _swept(here: Path, kills: int, seed: int, usual: float) -> tuple[list[str], float, list[str]]:
    """Kill a training so often, then let it end; give the moments, seconds and what went wrong."""
    draw, moments, faults = np.random.default_rng(seed), [], []
    member, finished, start = here / "cnn" / "killed", {}, time.monotonic()
    while len(moments) < kills:
        process = _train(here, "killed")
        _wait(process, member, draw, usual)
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        time.sleep(1.0)
        moments.append(_moment(member))
        if orphans := _workers(here):
            faults.append(
                f"after kill {len(moments)}, {orphans} of its processes went on for a second"
            )
        for mark in member.glob("fold*/trained.json"):
            at = (mark.parent / "checkpoint.weights.h5").stat().st_mtime_ns
            if finished.setdefault(mark.parent.name, at) != at:
                faults.append(f"{mark.parent.name} was trained again")
    if _train(here, "killed").wait():
        faults.append("the last run did not end well")
    return moments, time.monotonic() - start, faults


def _wait(
    process: "subprocess.Popen[bytes]", member: Path, draw: np.random.Generator, usual: float
) -> None:
    """Wait for a random moment: of the start, one time in four, else after a few more epochs."""
    if draw.random() < 0.25:
        time.sleep(draw.uniform(0, usual / 4))
        return
    kept, wanted = set[tuple[str, int]](), int(draw.integers(2, 8))
    while len(kept) < wanted and process.poll() is None:
        for state in member.glob("fold*/state.npz"):
            with suppress(FileNotFoundError):
                kept.add((state.parent.name, state.stat().st_mtime_ns))
        time.sleep(0.002)
    time.sleep(draw.uniform(0, 0.3))


def _difference(here: Path) -> float:
    """Give the largest difference of any out-of-fold or test score."""
    found = []
    for kind in ("oof", "test"):
        one, other = (
            Predictions.read(here / "cnn" / name / f"{kind}.parquet").frame
            for name in ("whole", "killed")
        )
        found.append(np.abs(one["score"].to_numpy() - other["score"].to_numpy()).max())
    return float(max(found))


def main() -> None:
    """Train once whole and once with kills, compare, write and print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=None, help="of the moments; by default new")
    given = parser.parse_args()
    seed = np.random.SeedSequence().entropy % 2**32 if given.seed is None else given.seed
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        _competition(here)
        start = time.monotonic()
        if _train(here, "whole").wait():
            raise SystemExit("the training without kills failed")
        usual = time.monotonic() - start
        moments, seconds, faults = _swept(here, given.kills, seed, usual)
        text = _report(moments, faults, _difference(here), (usual, seconds), seed)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(text, encoding="utf-8")
    print(text)


def _report(
    moments: list[str],
    faults: list[str],
    difference: float,
    seconds: tuple[float, float],
    seed: int,
) -> str:
    counts = {moment: moments.count(moment) for moment in dict.fromkeys(sorted(moments))}
    names = ("tensorflow", "keras", "numpy")
    lines = [
        "# Trainings killed at random moments",
        "",
        f"- command: `python benchmarks/resume.py --kills {len(moments)} --seed {seed}`",
        f"- machine: {os.cpu_count()} {platform.machine()} cores; "
        + ", ".join(f"{name} {version(name)}" for name in names),
        f"- time: {seconds[0]:.0f} s without a kill, {seconds[1]:.0f} s with {len(moments)}",
        "",
        "A member of two folds is trained once whole, and once with SIGKILL to the parent at",
        "random moments; the same command goes on each time. On are: "
        + ", ".join(f"{key} {json.dumps(value)}" for key, value in list(SETTINGS.items())[3:])
        + ".",
        "",
        f"The largest difference of an out-of-fold or test score is **{difference:.1e}**"
        f" (wanted: at most 1e-6). {'; '.join(faults) or 'No process was left behind, and no'}"
        + ("" if faults else " finished fold was trained again."),
        "",
        "| killed | times |",
        "|---|---|",
        *(f"| {moment} | {count} |" for moment, count in counts.items()),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
