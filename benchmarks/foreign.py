"""What scores of other folds cost a stack: writes benchmarks/results/foreign.md.

python benchmarks/foreign.py --data DIR

DIR is the folder siim2020: train.csv, test.csv, and in oof/ the scores of three public networks. No
image is read. First the networks as they are: the same stack on their own fold map and on others.
Then a test with the truth known: half of the patients stand for the future. Two learners are
trained on the other half, on our folds, on other folds of whole patients, and on folds by row,
which part patients; a stack on our folds learns from each. What its out-of-fold AUC promises beyond
what it reaches on the patients nobody saw is what a leak flatters. The stack here is LightGBM on
age, sex, site and each score's percentile among those of its own network.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from outside import THREADS

os.environ |= THREADS

import lightgbm
import numpy as np
import polars as pl
from numpy.typing import NDArray
from siim import NETWORKS, Siim, machine

from mel import folds as fold_room
from mel.config import FoldsSettings
from mel.files import write_text
from mel.metrics import auc, percentile
from mel.tables import Folds, ImageTable

RESULT = Path(__file__).parent / "results" / "foreign.md"
SETS = (("cp_1", "cp_2"), ("gao_b1",), NETWORKS)
LEAVES, ROUNDS = (15, 31), 60
SPLITS, SEEDS = 5, (0, 1, 2, 3)
PACKAGES = ("mel", "lightgbm", "polars", "numpy")
PLAIN = {"objective": "binary", "learning_rate": 0.05, "num_threads": 1, "verbosity": -1}
STACK = PLAIN | {"num_leaves": 7, "min_data_in_leaf": 50, "lambda_l2": 10.0}
Floats = NDArray[np.float64]


def main() -> None:
    """Measure both and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path, help="the folder siim2020")
    data = parser.parse_args().data
    start = time.process_time()
    siim = Siim(data)
    text = "\n\n".join([_real(siim), _known(siim.table, siim.scores)])
    write_text(RESULT, f"{_origin(time.process_time() - start)}\n{text}\n")
    print(RESULT.read_text(encoding="utf-8"))


def _real(siim: Siim) -> str:
    """Stack the networks on their own maps and on others."""
    table, own = siim.table, {name: siim.own_folds(name) for name in NETWORKS}
    maps = {"that of cp_1 and cp_2": own["cp_1"], "that of gao_b1": own["gao_b1"]}
    maps |= {f"mel's, seed {s}": fold_room.build(table, FoldsSettings(seed=s)) for s in SEEDS}
    images = table.train.join(siim.scores, on="image_id", validate="1:1").sort("image_id")
    lines = [
        "## The networks, on each map\n",
        "Out-of-fold AUC of the stack, pooled and the mean of the folds. Bold: native, the map is "
        "that of the networks.\n",
        f"| map | {' | '.join(', '.join(names) for names in SETS)} |",
        "|---|---|---|---|",
    ]
    for title, folds in maps.items():
        cells = [title]
        for names in SETS:
            columns = [_places(images[n].to_numpy(), _of(own[n], images)) for n in names]
            oof, _ = _stack(images, _of(folds, images), columns)
            native = all(own[n].digest == folds.digest for n in names)
            cells.append(_two(images, oof, _of(folds, images), bold=native))
        lines.append(f"| {' | '.join(cells)} |")
        print(lines[-1], file=sys.stderr)
    return "\n".join(lines)


def _two(images: pl.DataFrame, oof: Floats, fold: Floats, *, bold: bool) -> str:
    target = images["target"].to_numpy()
    means = [auc(target[fold == k], oof[fold == k]) for k in np.unique(fold)]
    text = f"{auc(target, oof):.4f}, {np.mean(means):.4f}"
    return f"**{text}**" if bold else text


def _of(folds: Folds, images: pl.DataFrame) -> Floats:
    rows = images.select("image_id").join(folds.frame, on="image_id", how="left", validate="1:1")
    return rows.sort("image_id")["fold"].to_numpy()


def _places(scores: Floats, network: Floats) -> Floats:
    """Give each score's percentile among those of its own network."""
    found = np.empty(len(scores))
    for k in np.unique(network):
        mine = network == k
        found[mine] = percentile(scores[mine], np.sort(scores[mine]))
    return found


def _metadata(images: pl.DataFrame) -> Floats:
    words = pl.col("sex", "site").rank("dense").cast(pl.Float64)
    return images.select(pl.col("age"), words).to_numpy()


def _stack(
    images: pl.DataFrame,
    fold: Floats,
    members: list[Floats],
    later: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Fit each fold's stack on the others; give scores out of fold, and of `later` rows."""
    matrix = np.column_stack([_metadata(images), *members])
    return _fitted(matrix, images["target"].to_numpy(), fold, later, STACK, 100)


def _fitted(
    matrix: Floats,
    target: Floats,
    fold: Floats,
    later: Floats | None,
    settings: dict[str, object],
    rounds: int,
) -> tuple[Floats, Floats]:
    oof = np.empty(len(target))
    found = np.zeros(0 if later is None else len(later))
    for k in np.unique(fold):
        data = lightgbm.Dataset(matrix[fold != k], target[fold != k])
        model = lightgbm.train(settings, data, num_boost_round=rounds)
        oof[fold == k] = model.predict(matrix[fold == k])
        if later is not None:
            found += model.predict(later) / len(np.unique(fold))
    return oof, found


def _known(table: ImageTable, scores: pl.DataFrame) -> str:
    """Compare what stacks promise with what they reach, on halves of the patients."""
    found: dict[str, list[tuple[float, float]]] = {}
    for split in range(SPLITS):
        half, future = _halves(table, scores, split)
        small = ImageTable.of(half.drop(NETWORKS), "half")
        ours, other = (
            _of(fold_room.build(small, FoldsSettings(seed=seed)), half)
            for seed in (split, 1000 + split)
        )
        maps = {
            "our folds (native)": ours,
            "other folds, patients whole": other,
            "folds by row, patients parted": np.arange(half.height) % 5,
        }
        for title, own in maps.items():
            pair = _promised_and_reached(half, future, ours, own, split)
            found.setdefault(title, []).append(pair)
            print(split, title, pair, file=sys.stderr)
    return _told(found)


def _halves(
    table: ImageTable, scores: pl.DataFrame, split: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    patients = table.train["patient_id"].unique().sort()
    chosen = np.random.default_rng(split).permutation(patients.len())[: patients.len() // 2]
    later = pl.col("patient_id").is_in(patients[chosen].implode())
    images = table.train.join(scores, on="image_id", validate="1:1").sort("image_id")
    return images.filter(~later), images.filter(later)


def _promised_and_reached(
    half: pl.DataFrame, future: pl.DataFrame, ours: Floats, own: Floats, seed: int
) -> tuple[float, float]:
    """Train the members on their own folds and the stack on ours; give both AUCs."""
    inputs, outside = (
        np.column_stack([_metadata(rows), rows.select(NETWORKS).to_numpy()])
        for rows in (half, future)
    )
    target, places, later = half["target"].to_numpy(), [], [_metadata(future)]
    for leaves in LEAVES:
        settings = PLAIN | {"num_leaves": leaves, "seed": seed, "feature_fraction": 0.7}
        oof, new = _fitted(inputs, target, own, outside, settings, ROUNDS)
        places.append(_places(oof, own))
        later.append(percentile(new, np.sort(oof)))
    promised, reached = _stack(half, ours, places, np.column_stack(later))
    return auc(target, promised), auc(future["target"], reached)


def _told(found: dict[str, list[tuple[float, float]]]) -> str:
    native = np.array(found["our folds (native)"])
    lines = [
        "## Halves of the patients, the truth known\n",
        f"Means of {SPLITS} halves, with the standard error of a difference. Promised: the stack's "
        "out-of-fold AUC. Reached: its AUC on the other half of the patients. The last two columns "
        "compare each half with itself.\n",
        "| members on | promised | reached | promised, above native | reached, above native |",
        "|---|---|---|---|---|",
    ]
    for title, pairs in found.items():
        values = np.array(pairs)
        cells = [title, *(f"{v:.4f}" for v in values.mean(axis=0))]
        more = [_with_error(values[:, i] - native[:, i]) for i in (0, 1)]
        lines.append(f"| {' | '.join([*cells, *more])} |")
    return "\n".join(lines)


def _with_error(values: Floats) -> str:
    return f"{values.mean():+.4f} ± {values.std(ddof=1) / np.sqrt(len(values)):.4f}"


def _origin(seconds: float) -> str:
    return (
        "# What scores of other folds cost a stack, on SIIM-ISIC 2020\n\n"
        "- command: `python benchmarks/foreign.py --data DIR`\n"
        f"- machine: {machine(PACKAGES)}\n"
        f"- time: {seconds:.0f} s of the processor\n"
    )


if __name__ == "__main__":
    main()
