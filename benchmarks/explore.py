"""`mel kaggle explore` on the real 2020 tables: writes benchmarks/results/explore.md.

python benchmarks/explore.py --data DIR [--pictures DIR]

--data holds the tables of SIIM-ISIC 2020, with train_cdeotte.csv for the pictures' sizes.
--pictures is a folder of HAM10000, for the time that its headers take. pandas, where it is there,
reads and describes the same table for comparison.
"""

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr
from importlib.metadata import PackageNotFoundError, version
from io import StringIO
from math import isnan, nan
from pathlib import Path
from typing import Any

from mel.config import DataSettings, FoldsSettings
from mel.folds import build
from mel.kaggle import Exploration, explore, load
from mel.kaggle.exploring.measuring import with_files

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "benchmarks" / "results" / "explore.md"
Parts = dict[str, tuple[float, float]]
PEER = "pandas: read_csv and describe"
TABLES = ("train_cdeotte.csv", "test.csv")
PACKAGES = ("mel", "polars", "numpy", "lightgbm", "matplotlib", "pandas")


def main() -> None:
    """Read, fold and explore a few times; keep the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path, help="folder of the 2020 tables")
    parser.add_argument("--pictures", type=Path, help="folder of HAM10000")
    parser.add_argument("--times", type=int, default=3, help="runs, of which the median counts")
    given = parser.parse_args()
    runs: list[Parts] = []
    with redirect_stderr(StringIO()):
        found = _once(given.data)[1]  # imports, and the disk's first reading
        runs += [_once(given.data)[0] for _ in range(given.times)]
        headers = "" if given.pictures is None else _headers(given.pictures)
    seconds = {
        part: (_median(run[part][0] for run in runs), _median(run[part][1] for run in runs))
        for part in runs[0]
    }
    command = "python benchmarks/explore.py --data DIR" + (" --pictures DIR" if headers else "")
    RESULT.write_text(
        f"# Exploring the real 2020 tables\n\n{_origin(command, given.times)}\n\n"
        f"{_times(seconds)}{headers}\n\n{_audit(found)}\n",
        encoding="utf-8",
    )
    print(RESULT.read_text(encoding="utf-8"))


class _Clock:
    """Wall seconds and the processor's, a part each."""

    def __init__(self) -> None:
        self.parts: Parts = {}

    def of(self, part: str, what: Callable[[], Any]) -> Any:
        wall, own = time.perf_counter(), time.process_time()
        found = what()
        self.parts[part] = time.perf_counter() - wall, time.process_time() - own
        return found


def _once(data: Path) -> tuple[Parts, Exploration]:
    """Every way once, one after the other, so that what else the machine does strikes all."""
    clock, settings = _Clock(), DataSettings(adapter="siim2020", images="none")
    clock.of(PEER, lambda: _pandas(data))
    table = clock.of("mel: load and check the tables", lambda: load(settings, data)).table
    folds = clock.of("mel: build five folds", lambda: build(table, FoldsSettings()))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        found = clock.of("mel: explore", lambda: explore(table, folds, out))
    inner = {f"— {part}": (spent, nan) for part, spent in found.seconds.items()}
    return clock.parts | inner, found


def _pandas(data: Path) -> None:
    try:
        import pandas as pd
    except ImportError:
        return
    for name in TABLES:
        pd.read_csv(data / name).describe(include="all")


def _median(values: Iterable[float]) -> float:
    return statistics.median(list(values))


def _times(seconds: Parts) -> str:
    peer = seconds[PEER][0]
    lines = ["| part | seconds | of the processor | times pandas |", "|---|---:|---:|---:|"]
    for part, (wall, own) in seconds.items():
        ratio = f"{wall / peer:.1f}" if peer > 0.01 else ""
        if part != "— headers":
            lines.append(
                f"| {part} | {wall:.2f} | {'' if isnan(own) else f'{own:.2f}'} | {ratio} |"
            )
    return "\n".join(lines)


def _headers(pictures: Path) -> str:
    """The time that reading the headers of many small pictures takes."""
    settings = DataSettings(adapter="ham10000", test_fraction=0.15)
    table = load(settings, pictures).table
    start = time.perf_counter()
    with_files(table)
    spent = time.perf_counter() - start
    count = table.frame.height
    return (
        f"\n\nHeaders of {count:,} HAM10000 JPEGs, already in the disk's cache: {spent:.1f} s, "
        f"{count / spent:,.0f} a second."
    )


def _audit(found: Exploration) -> str:
    lines = ["| columns | AUC | 95 % interval | mean of folds |", "|---|---:|---|---:|"]
    for shortcut in found.numbers.shortcuts:
        if shortcut.auc is not None:
            interval = f"{shortcut.low:.3f} to {shortcut.high:.3f}"
            mean = f"{shortcut.fold_mean:.3f}"
            lines.append(f"| {shortcut.name} | {shortcut.auc:.3f} | {interval} | {mean} |")
    intro = (
        "Shortcut audit: LightGBM on five patient folds, 60 fixed rounds, no look at a picture. "
        "Intervals resample patients."
    )
    return f"{intro}\n\n" + "\n".join(lines)


def _origin(command: str, times: int) -> str:
    machine = f"{os.cpu_count()} {platform.machine()} cores, Python {platform.python_version()}"
    load_average = os.getloadavg()[1] / (os.cpu_count() or 1)
    return (
        f"- command: `{command}`\n- machine: {machine}; other work on it: "
        f"{max(load_average, 0):.1f} busy processes a core, this one among them\n"
        f"- versions: {_versions()}\n- times: medians of {times} runs, "
        "imports not counted; two threads work at the audit"
    )


def _versions() -> str:
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


if __name__ == "__main__":
    main()
