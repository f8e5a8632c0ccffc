"""Balanced folds against scikit-learn's, side by side: writes benchmarks/results/folds.md.

python benchmarks/folds.py --data DIR

DIR holds siim2020/, isic2019/ and ham10000/ with the competitions' own tables; no image is read.
Each figure comes from a process of its own, so that seconds and memory are that job's alone.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mel.config import DataSettings, FoldsSettings
from mel.folds import build, groups, repeated
from mel.folds.proving.balance import balance
from mel.kaggle import load
from mel.tables import Folds, ImageTable

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "benchmarks" / "results" / "folds.md"
SEEDS = range(5)
DX = ("NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC")
SITES = {f"{side} torso": "torso" for side in ("anterior", "posterior", "lateral")}
Job = Callable[[Path], dict[str, Any]]


# tables


def siim2020(data: Path) -> ImageTable:
    """The 2020 competition: 33,126 train images of 2,056 patients, the published copies known."""
    return load(DataSettings(adapter="siim2020", images="none"), data / "siim2020").table


def isic2019(data: Path) -> ImageTable:
    """ISIC 2019: 25,331 images, no patient known; melanoma against the rest."""
    place = data / "isic2019"
    truth = pl.read_csv(place / "ISIC_2019_Training_GroundTruth.csv")
    known = pl.read_csv(place / "ISIC_2019_Training_Metadata.csv")
    frame = known.join(truth, on="image", validate="1:1").select(
        "lesion_id",
        pl.col("image").alias("image_id"),
        pl.col("MEL").cast(pl.Int8).alias("target"),
        pl.col("age_approx").alias("age"),
        pl.col("anatom_site_general").replace(SITES).alias("site"),
        "sex",
        *DX,
    )
    return _lesions(frame, "isic2019")


def ham10000(data: Path) -> ImageTable:
    """HAM10000: 10,015 images of 7,470 lesions, no patient known; melanoma against the rest."""
    frame = pl.read_csv(data / "ham10000" / "HAM10000_metadata.csv").select(
        "lesion_id",
        "image_id",
        (pl.col("dx") == "mel").cast(pl.Int8).alias("target"),
        "age",
        pl.lit(None).alias("site"),
        pl.col("sex").replace({"unknown": None}),
        "dx",
        "localization",
    )
    return _lesions(frame, "ham10000")


def _lesions(frame: pl.DataFrame, name: str) -> ImageTable:
    """Each image a patient of its own: what links them is the lesion."""
    return ImageTable.of(
        frame.with_columns(
            pl.col("image_id").alias("patient_id"),
            pl.lit("train").alias("split"),
            pl.lit(None, pl.String).alias("path"),
            pl.lit(name).alias("source"),
        ),
        name,
    )


def million(_: Path) -> ImageTable:
    """A million made-up images of 100,000 patients, 10,000 pairs of copies across patients."""
    rows, patients = 1_000_000, 100_000
    rng = np.random.default_rng(0)
    heavy = rng.geometric(1e-4, rows - patients) % patients
    patient = np.concatenate([np.arange(patients), heavy])
    ill = rng.beta(0.3, 15, patients)[patient]
    copies = np.full(rows, -1)
    copies[rng.permutation(rows)[:20_000]] = np.repeat(np.arange(10_000), 2)
    words = ["torso", "lower extremity", "upper extremity", "head/neck", "palms/soles", None]
    site = rng.choice(6, rows, p=[0.5, 0.2, 0.15, 0.1, 0.03, 0.02])
    frame = pl.DataFrame(
        {
            "image_id": rng.permutation(rows),
            "patient_id": patient,
            "target": (rng.random(rows) < ill).astype(np.int8),
            "age": np.clip(rng.normal(50, 15, patients)[patient] // 5 * 5, 0, 95),
            "copy": copies,
        }
    ).with_columns(
        pl.format("ISIC_{}", "image_id").alias("image_id"),
        pl.format("IP_{}", "patient_id").alias("patient_id"),
        pl.when(pl.col("copy") >= 0).then(pl.format("D{}", "copy")).alias("duplicate_id"),
        pl.Series("sex", rng.choice(["female", "male"], patients)[patient], dtype=pl.String),
        pl.Series("site", words).gather(site),
        pl.Series("source", rng.choice(["one", "two"], patients)[patient], dtype=pl.String),
        pl.lit("train").alias("split"),
        pl.lit(None, pl.String).alias("path"),
    )
    return ImageTable.of(frame.drop("copy"), "million")


# ways


def mel(table: ImageTable, seed: int, columns: tuple[str, ...] = ()) -> Folds:
    """What this project builds."""
    return build(table, FoldsSettings(seed=seed, balance=list(columns)))


def sgkf(table: ImageTable, seed: int) -> Folds:
    """scikit-learn, groups in an order that a hash decides, as mel 0.1.0 called it."""
    return _sgkf(table, seed, shuffle=False)


def sgkf_shuffled(table: ImageTable, seed: int) -> Folds:
    """scikit-learn with shuffle=True."""
    return _sgkf(table, seed, shuffle=True)


def _sgkf(table: ImageTable, seed: int, *, shuffle: bool) -> Folds:
    from sklearn.model_selection import StratifiedGroupKFold

    train = table.train.join(groups(table.frame), on="image_id", validate="1:1").sort("image_id")
    order = train["group"].unique().sort()
    order = order.gather(order.hash(seed).arg_sort())
    numbers = pl.DataFrame({"group": order}).with_row_index("number")
    group = train.join(numbers, on="group", maintain_order="left")["number"].to_numpy()
    target, fold = train["target"].to_numpy(), np.zeros(train.height, np.int16)
    maker = StratifiedGroupKFold(5, shuffle=shuffle, random_state=seed if shuffle else None)
    for number, (_, held_out) in enumerate(maker.split(target, target, group)):
        fold[held_out] = number
    return Folds.of(train.select("image_id", fold=pl.Series(fold)), seed=seed, method="sgkf")


# measures


def even(table: ImageTable, folds: Folds, columns: tuple[str, ...] = ()) -> dict[str, Any]:
    """How even a map is, counted by the code of the audit, which shares none with the builder."""
    found = balance(table, folds, columns)
    off = pl.col("deviation").abs()
    worst = found.group_by("axis", "category").agg(off.max())["deviation"]
    return {
        "categories": worst.len(),
        "median": found.select(off.median()).item(),
        "worst": worst.median(),
        "max": worst.max(),
        "rows": found.filter(axis="rows")["count"].to_list(),
        "positives": found.filter(axis="positives")["count"].to_list(),
    }


def measured(way: Callable[..., Folds], table: ImageTable, *more: Any) -> dict[str, Any]:
    """Build one map, timed from the table in memory to the map, imports among it; then weigh it."""
    table.digest  # noqa: B018  (reading a table checks its digest; it is no part of the job)
    clock, processor = time.perf_counter(), time.process_time()
    folds = way(table, 0, *more)
    seconds, work = time.perf_counter() - clock, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    found = {"seconds": seconds, "cpu": work, "peak": peak} | even(table, folds, *more)
    train = table.train.join(groups(table.frame), on="image_id", validate="1:1")
    return found | {"images": train.height, "groups": train["group"].n_unique()}


def several(way: Callable[..., Folds], table: ImageTable) -> dict[str, Any]:
    """Weigh the maps of five seeds: the mean of their medians, and all positives."""
    found = [even(table, way(table, seed)) for seed in SEEDS]
    return {
        "median": [one["median"] for one in found],
        "max": [one["max"] for one in found],
        "positives": [one["positives"] for one in found],
    }


def different(table: ImageTable) -> dict[str, Any]:
    """Of two groups in one fold, how often they share one in another seed's map: chance is 0.2."""
    maps = repeated(table, FoldsSettings(), SEEDS)
    train = table.train.join(groups(table.frame), on="image_id").unique("group")
    folds = [train.join(one.frame, on="image_id").sort("group")["fold"] for one in maps.values()]
    first, *others = (one.to_numpy() for one in folds)
    pairs = (first[:, None] == first) & ~np.eye(len(first), dtype=bool)
    met = [(other[:, None] == other)[pairs].mean() for other in others]
    return {"meet": [float(share) for share in met]}


KEYS = ("median", "positives")
JOBS: dict[str, Job] = {
    "mel": lambda data: measured(mel, siim2020(data)),
    "sgkf": lambda data: measured(sgkf, siim2020(data)),
    "sgkf_shuffled": lambda data: measured(sgkf_shuffled, siim2020(data)),
    "mel_seeds": lambda data: several(mel, siim2020(data)) | different(siim2020(data)),
    "sgkf_seeds": lambda data: several(sgkf, siim2020(data)),
    "sgkf_shuffled_seeds": lambda data: several(sgkf_shuffled, siim2020(data)),
    "more": lambda data: measured(mel, siim2020(data), ("diagnosis", "width")),
    "isic2019": lambda data: measured(mel, isic2019(data), DX),
    "ham10000": lambda data: measured(mel, ham10000(data), ("dx", "localization")),
    "million": lambda data: measured(mel, million(data)),
}


# report


def _alone(job: str, data: Path) -> dict[str, Any]:
    """Do a job in a process of its own."""
    command = [sys.executable, __file__, "--data", str(data), "--job", job]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _report(found: dict[str, dict[str, Any]], minutes: float, load_before: float) -> str:
    mel_, plain = found["mel"], found["sgkf"]
    ratio = max(
        mel_[key] / min(plain[key], found["sgkf_shuffled"][key]) for key in ("median", "worst")
    )
    big, meet = found["million"], found["mel_seeds"]["meet"]
    spread = max(mel_["positives"]) - min(mel_["positives"])
    names = ("mel", "polars", "numpy", "scipy", "scikit-learn")
    checks = [
        (
            f"median deviation {mel_['median']:.2%}; at most 0.5 % is asked for",
            mel_["median"] <= 0.005,
        ),
        (
            f"that, or by category, is at most {ratio:.3f} of the better StratifiedGroupKFold's; "
            "at most 0.1 is asked for",
            ratio <= 0.1,
        ),
        (f"positives within {spread} of each other; at most 1", spread <= 1),
        (f"{mel_['seconds']:.2f} s from the table to the map; at most 2", mel_["seconds"] <= 2),
        (
            f"1,000,000 images of 100,000 patients: {big['seconds']:.1f} s, {big['peak']:.2f} GB; "
            "at most 60 s and 2 GB",
            big["seconds"] <= 60 and big["peak"] <= 2,
        ),
    ]
    lines = [
        "# mel folds build, against StratifiedGroupKFold",
        "",
        "- command: `python benchmarks/folds.py --data DIR`",
        f"- machine: {os.cpu_count()} {platform.machine()} cores, Python "
        f"{platform.python_version()}; {', '.join(f'{n} {version(n)}' for n in names)}",
        f"- time: {minutes:.1f} minutes; load average {load_before:.1f} at the start, "
        f"{os.getloadavg()[0]:.1f} at the end",
        "",
        *(f"- {text}: {'met' if met else 'missed'}." for text, met in checks),
        f"- Maps of other seeds: of two groups in one fold, {min(meet):.3f} to {max(meet):.3f} "
        "meet again in another seed's map; by chance 0.200 would.",
        "",
        *_table(found),
        "",
        "Five folds each. A category is one value of an axis: all rows, positives, patients, "
        "positive patients; sex, age band, site and source by images, images a patient (bands that "
        "double) by patients; missing values are a category. Its deviation in a fold is |count - "
        "mean| / mean, the mean over the folds. **Median** and max are over all pairs of fold and "
        "category; *by category* is the median over categories of the largest deviation in any "
        "fold, the figure that `mel folds audit` prints. They are counted by the audit's code, "
        "which shares none with the builder's. Seconds run from the table in memory to the map, "
        "by the clock and of the processor, an import of SciPy or scikit-learn among them where "
        "reading the table has not made it; memory is the whole process's peak, reading or making "
        "the table among it. The largest deviations are of categories that no map can part: of 65 "
        "images of 2020 without a known sex 48 are one patient's, the 7 acral ones of HAM10000 "
        "are of three lesions.",
        "",
        *_seeds(found),
        "",
    ]
    return "\n".join(lines)


def _table(found: dict[str, dict[str, Any]]) -> list[str]:
    titles = {
        "mel": "2020, **mel**",
        "sgkf": "2020, StratifiedGroupKFold, groups ordered by a hash",
        "sgkf_shuffled": "2020, StratifiedGroupKFold, shuffle=True",
        "more": "2020, **mel**, also diagnosis and width",
        "isic2019": "ISIC 2019, **mel**, also the eight diagnoses",
        "ham10000": "HAM10000, **mel**, also dx and localization",
        "million": "made up, **mel**",
    }
    head = [
        *("table and way", "images", "groups", "categories", "median", "by category", "max"),
        *("rows a fold", "positives a fold", "s", "CPU s", "GB"),
    ]
    rows = [
        [
            title,
            f"{one['images']:,}",
            f"{one['groups']:,}",
            one["categories"],
            *(f"{one[key]:.2%}" for key in ("median", "worst", "max")),
            f"{min(one['rows']):,} to {max(one['rows']):,}",
            f"{min(one['positives']):,} to {max(one['positives']):,}",
            *(f"{one[key]:.2f}" for key in ("seconds", "cpu", "peak")),
        ]
        for title, one in ((title, found[key]) for key, title in titles.items())
    ]
    return [f"| {' | '.join(map(str, row))} |" for row in (head, ["---"] * len(head), *rows)]


def _seeds(found: dict[str, dict[str, Any]]) -> list[str]:
    ways = {"mel_seeds": "mel", "sgkf_seeds": "StratifiedGroupKFold, by a hash"}
    ways["sgkf_shuffled_seeds"] = "StratifiedGroupKFold, shuffle=True"
    head = ["2020", *(f"seed {seed}" for seed in SEEDS)]
    rows = [
        [
            way,
            *(
                f"{median:.2%}, {min(positives)} to {max(positives)}"
                for median, positives in zip(*(found[key][name] for name in KEYS), strict=True)
            ),
        ]
        for key, way in ways.items()
    ]
    lines = [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
    return ["Median deviation and positives a fold, by seed:", "", *lines]


def main() -> None:
    """Do every job in turn and keep the result, or do one job and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path, help="folder of the real tables")
    parser.add_argument("--job", choices=sorted(JOBS), help="one job alone, printed as JSON")
    given = parser.parse_args()
    if given.job:
        print(json.dumps(JOBS[given.job](given.data)))
        return
    start, busy = time.monotonic(), os.getloadavg()[0]
    found = {}
    for job in JOBS:
        found[job] = _alone(job, given.data)
        print(job, found[job], file=sys.stderr)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(_report(found, (time.monotonic() - start) / 60, busy), encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
