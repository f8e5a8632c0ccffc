"""Audits of public fold maps of the 2020 competition: writes benchmarks/results/fold_maps.md.

python benchmarks/fold_maps.py --data DIR

DIR is the folder siim2020: the competition's tables, the published duplicates and, in oof/, the
out-of-fold scores cp_1.csv and gao_b1.csv of two public solutions, which have a column fold. No
image is read. Beside them stand a map by row, as a control, and one that mel builds.
"""

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import polars as pl

from mel.config import DataSettings
from mel.files import read_json
from mel.folds import build
from mel.kaggle import load
from mel.tables import ImageTable

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "benchmarks" / "results" / "fold_maps.md"
PAIRS = "ISIC_2020_Training_Duplicates.csv"
MAPS = {
    "cp_1": "out-of-fold scores of a public solution",
    "gao_b1": "those of another, which counts its folds from 1",
    "by_row": "control: the rows in order of their ids, dealt out one by one",
    "mel": "`mel.folds.build`, five folds, seed 0",
}
PACKAGES = ("mel", "polars", "numpy", "scikit-learn")


def main() -> None:
    """Import and audit each map as a user would, then keep what was printed and a summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path, help="the folder siim2020")
    data = parser.parse_args().data.resolve()
    start = time.monotonic()
    table = load(DataSettings(adapter="siim2020", images="none"), data).table
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _lay_out(table, data, place)
        printed = {name: _audit(name, place) for name in MAPS}
        found = {name: read_json(place / "work" / "audit" / name / "audit.json") for name in MAPS}
    head = _origin(table, time.monotonic() - start)
    text = "\n".join([head, _summary(table, found), *_details(printed)])
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(text, encoding="utf-8")
    print(text)


def _lay_out(table: ImageTable, data: Path, place: Path) -> None:
    """Put the table, the pairs and the maps into one folder, each under its plain name."""
    table.write(place / "work" / "images.parquet")
    shutil.copy(data / PAIRS, place / "pairs.csv")
    for name in ("cp_1", "gao_b1"):
        shutil.copy(data / "oof" / f"{name}.csv", place)
    rows = table.train.sort("image_id").select("image_id", fold=pl.int_range(pl.len()) % 5)
    rows.write_csv(place / "by_row.csv")
    build(table).write(place / "mel.parquet")


def _audit(name: str, place: Path) -> str:
    """Run `mel folds import`, or for mel's own map `audit`; give the command and what it said."""
    words = ["mel", "folds", "import", f"{name}.csv", "--work", "work", "--near", "pairs.csv"]
    if name == "mel":
        words = ["mel", "folds", "audit", "--folds", "mel.parquet", *words[4:]]
    command = [sys.executable, "-m", "mel.cli", *words[1:]]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    if done.returncode > 1:
        raise SystemExit(done.stderr)
    return f"$ {' '.join(words)}\n{done.stderr}{done.stdout}(exit status {done.returncode})"


def _summary(table: ImageTable, found: dict[str, dict]) -> str:
    patients, copies_there = _sizes(table)
    head = "| map | rows a fold | positives a fold | patients that cross | copies that cross "
    lines = [f"{head}| median deviation | what it is |", "|---|---|---|---|---|---|---|"]
    for name, audit in found.items():
        mine = audit["comparison"][0]
        copies = mine["duplicates"] + mine.get("exact_pairs", 0)
        cells = [
            f"**{name}**" if name == "mel" else name,
            f"{mine['rows_min']:,} to {mine['rows_max']:,}",
            f"{mine['positives_min']} to {mine['positives_max']}",
            f"{mine['patients']:,} of {patients:,}",
            f"{copies} of {copies_there}",
            f"{mine['median']:.2%}",
            MAPS[name],
        ]
        lines.append(f"| {' | '.join(cells)} |")
    note = (
        "\nA deviation is a fold's count of a category against the mean of all folds; a category's "
        "is its largest in any fold, a map's the median over all categories of rows, positives, "
        "patients, positive patients, sex, age, site and images a patient. What a map by row "
        "leaks makes its scores too good; how even its folds are is no merit then.\n"
    )
    return "\n".join([*lines, note])


def _sizes(table: ImageTable) -> tuple[int, int]:
    """Count the patients and the groups of copies of the train images."""
    train = table.train
    return train["patient_id"].n_unique(), train["duplicate_id"].drop_nulls().n_unique()


def _details(printed: dict[str, str]) -> list[str]:
    """Give what was printed; the ids of patients and images stay with the data."""
    shown = {name: re.sub(r"(IP|ISIC)_\d+", r"\1_*******", text) for name, text in printed.items()}
    return [f"## {name}\n\n```\n{text}\n```\n" for name, text in shown.items()]


def _origin(table: ImageTable, seconds: float) -> str:
    patients, copies = _sizes(table)
    size, positives = table.train.height, table.train["target"].sum()
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    machine = f"{os.cpu_count()} {platform.machine()} cores, Python {platform.python_version()}"
    return (
        "# Audits of fold maps of SIIM-ISIC 2020\n\n"
        "- command: `python benchmarks/fold_maps.py --data DIR`\n"
        f"- machine: {machine}; {versions}\n"
        f"- time: {seconds:.0f} s for all of it\n"
        f"- table: {size:,} train images of {patients:,} patients, {positives} positive; {copies} "
        "published pairs of copies\n"
    )


if __name__ == "__main__":
    main()
