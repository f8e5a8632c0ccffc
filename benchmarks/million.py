"""Memory of scoring 1,000 images and 1,000,000 with a bundle: writes benchmarks/results/million.md.

python benchmarks/million.py --bundle BUNDLE --photos DIR

A list names each picture of DIR under many ids, five of a patient, in random order; every row of it
is decoded, scored, judged and kept like any other. --bundle and --photos: the tiny demo's will do.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "benchmarks" / "results" / "million.md"
COUNTS = (1_000, 10_000, 100_000, 1_000_000)
PACKAGES = ("mel", "openvino", "lightgbm", "numpy", "polars", "pillow")
Row = dict[str, Any]


def main() -> None:
    """Score ever longer lists, each in a process of its own, and write down its peak."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", required=True, type=Path, help="a bundle of mel's")
    parser.add_argument("--photos", required=True, type=Path, help="folder of pictures")
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS)
    parser.add_argument("--suffix", default="parquet", choices=("parquet", "csv"))
    parser.add_argument("--task", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.task:
        _score(given, Path(given.task))
        return
    rows = []
    with tempfile.TemporaryDirectory(prefix="million-") as folder:
        given.bundle = _lighter(given.bundle, Path(folder))
        for count in given.counts:
            rows.append(_child(given, _list(given.photos.resolve(), count, Path(folder))))
            print(rows[-1], file=sys.stderr)
    text = _report(given, rows)
    RESULT.write_text(text, encoding="utf-8")
    print(text)


def _lighter(bundle: Path, folder: Path) -> Path:
    """Copy a bundle without what training pictures look like.

    To compare each picture with them takes most of the time here, and keeps nothing.
    """
    from mel.bundles import Bundle, write_bundle

    whole, place = Bundle.open(bundle), folder / "lighter.mel"
    names = [name for name in whole.names if name != "quality.json"]
    write_bundle(place, {name: whole.read(name) for name in names}, whole.facts)
    return place


def _list(photos: Path, count: int, folder: Path) -> Path:
    """Write a list of `count` ids."""
    files = sorted(path for path in photos.iterdir() if path.is_file())
    order = np.random.default_rng(0).permutation(count).tolist()
    place = folder / f"{count}.csv"
    with place.open("w", encoding="utf-8") as file:
        file.write("image_id,path,patient_id,age,sex\n")
        for n in order:
            sex = ("male", "female", "")[n % 3]
            row = (f"I{n:07d}", files[n % len(files)], f"P{n // 5:07d}", n % 90, sex)
            file.write(",".join(map(str, row)) + "\n")
    return place


def _child(given: argparse.Namespace, place: Path) -> Row:
    command = [sys.executable, str(Path(__file__)), "--task", str(place)]
    for name in ("bundle", "photos", "suffix"):
        command += [f"--{name}", str(getattr(given, name))]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: Row = json.loads(done.stdout.splitlines()[-1])
    return found


def _score(given: argparse.Namespace, place: Path) -> None:
    from mel.submit.batch import score

    found = score(given.bundle, place, place.with_suffix(f".scores.{given.suffix}"))
    print(json.dumps({"images": found.tally.images, "scored": found.scored, **_memory()}))


def _memory() -> dict[str, float]:
    """Give the most memory this process ever had, and what it has of its own now, in MB."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    said = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if " kB" in line}
    return {"peak": said["VmHWM"], "own": said["RssAnon"]}


def _report(given: argparse.Namespace, rows: list[Row]) -> str:
    first = rows[0]["peak"]
    table = [
        f"| {row['images']:,} | {row['scored']:,} | {row['peak']:.0f} MB | "
        f"{row['peak'] / first:.2f} | {row['own']:.0f} MB |"
        for row in rows
    ]
    lines = [
        "# Memory of scoring",
        "",
        "- command: `python benchmarks/million.py --bundle BUNDLE --photos DIR`",
        f"- machine: {os.cpu_count()} {platform.machine()} cores, "
        f"Python {platform.python_version()}; "
        + ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        "",
        f"`mel submit score` into .{given.suffix} with the bundle of `mel demo --tiny`, whose",
        "pictures are listed again and again under new ids, five of a patient. Each list is scored",
        "by a process of its own, without a look at the pictures' quality. The peak counts the",
        "libraries' code as well, and pages of files that the system may take back.",
        "",
        "| images | scored | peak | against the first | its own at the end |",
        "|---:|---:|---:|---:|---:|",
        *table,
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
