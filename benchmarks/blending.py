"""How quick blending is, and against hillclimbers: writes benchmarks/results/blending.md.

python benchmarks/blending.py --data DIR

DIR is the folder siim2020: train.csv and, in oof/, the scores of three public networks. Members
are those three and fifteen noisy or shifted copies of them. The package hillclimbers is installed
from the registry into an environment of its own, in a temporary folder, and climbs on the same
18 columns. The large case, 400,000 rows by 100 members, is generated. Times are seconds of the
processor, one thread, all in this one run.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from outside import THREADS, environment, told

os.environ |= THREADS

import numpy as np
from numpy.typing import NDArray
from siim import NETWORKS, Siim, machine
from sklearn.metrics import roc_auc_score

from mel.config import EnsembleSettings
from mel.ensemble.methods import (
    area,
    choose,
    coded_rows,
    crossfit,
    naive_scores,
)
from mel.ensemble.ranks import places
from mel.files import write_text
from mel.metrics import auc, partial_auc

RESULT = Path(__file__).parent / "results" / "blending.md"
PACKAGES = ("numpy", "scikit-learn", "polars")
CLIMBERS = ("hillclimbers", "scikit-learn")
COPIES, SEED = 15, 0
ROWS, MEMBERS, POSITIVES, PATIENTS = 400_000, 100, 393, 1_042
METHODS: dict[str, dict[str, Any]] = {
    "rank mean": {"method": "mean"},
    "power mean": {"method": "power"},
    "logit mean": {"method": "logit"},
    "greedy, 30 rounds": {},
    "greedy, 20 bags": {"bags": 20},
    "hill": {"method": "hill"},
    "hill, negative": {"method": "hill", "negative": True},
    "coordinate": {"method": "coordinate"},
    "coordinate, negative": {"method": "coordinate", "negative": True},
    "greedy within folds": {"ranks": "fold"},
    "greedy for partial AUC": {"objective": "partial_auc"},
}
CLIMB = """
import contextlib, importlib.metadata, io, json, sys, time
from functools import partial
import numpy as np, pandas as pd
from hillclimbers import climb_hill
from sklearn.metrics import roc_auc_score
folder, name, negative = sys.argv[1:]
scores = pd.DataFrame(np.load(f"{folder}/{name}.npy").T).add_prefix("m")
train = pd.DataFrame({"target": np.load(f"{folder}/target.npy")})
start = time.process_time()
with contextlib.redirect_stdout(io.StringIO()):
    _, blend = climb_hill(train=train, oof_pred_df=scores, test_pred_df=scores.head(9),
        target="target", objective="maximize", eval_metric=partial(roc_auc_score),
        negative_weights=negative == "yes", precision=0.01, plot_hill=False,
        return_oof_preds=True)
seconds = time.process_time() - start
number = importlib.metadata.version("hillclimbers")
found = {"seconds": seconds, "auc": roc_auc_score(train["target"], blend), "version": number}
print(json.dumps(found))
"""

Floats = NDArray[np.float64]


def main() -> None:
    """Measure all, then write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="the folder siim2020")
    parser.add_argument(
        "--signs", action="store_true", help="let hillclimbers try negative weights, too: minutes"
    )
    parser.add_argument("--large", metavar="METHOD", help=argparse.SUPPRESS)  # in a child process
    given = parser.parse_args()
    if given.large:
        print(json.dumps(large(given.large)))
        return
    if given.data is None:
        parser.error("--data is needed")
    start = time.monotonic()
    case = Case(given.data)
    parts = [
        climbing(case, signs=given.signs),
        ways(case),
        kernels(case),
        large_part(),
    ]
    text = "\n\n".join([origin(case, time.monotonic() - start), *parts]) + "\n"
    write_text(RESULT, text)
    print(text)


class Case(Siim):
    """Eighteen members over the competition's rows: the three networks and noisy copies."""

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.trains = self.folds.may_train(self.table.train["image_id"])
        networks = [self.scores[name].to_numpy() for name in NETWORKS]
        self.copied = np.array([*networks, *copies(networks)])
        self.places = np.array([places(column) for column in self.copied])


def copies(networks: list[Floats]) -> list[Floats]:
    """Give noisy copies in turn: of the logits, with ever more noise, each on its own scale."""
    draw = np.random.default_rng(SEED)
    made = []
    for index in range(COPIES):
        score = np.clip(networks[index % len(networks)], 1e-6, 1 - 1e-6)
        logit = np.log(score / (1 - score))
        noisy = logit + (0.3 + 0.15 * index) * draw.normal(size=len(logit))
        made.append(1 / (1 + np.exp(-(noisy + draw.normal()))))  # the last shifts all of it
    return made


def seconds(act: Callable[[], Any], times: int = 5) -> float:
    """Give the least processor time of a few runs."""
    found = []
    for _ in range(times):
        start = time.process_time()
        act()
        found.append(time.process_time() - start)
    return min(found)


def climbing(case: Case, *, signs: bool) -> str:
    """Compare with hillclimbers: one search over all rows, no folds, the same columns."""
    with tempfile.TemporaryDirectory() as folder:
        python = environment(Path(folder) / "env", *CLIMBERS)
        kinds = [("scores", "no"), ("places", "no"), *([("places", "yes")] if signs else [])]
        theirs = {kind: climbed(python, case, *kind) for kind in kinds}
    ours = {name: searched(case, **METHODS[name]) for name in METHODS if "fold" not in name}
    return climbing_table(theirs, ours)


def climbed(python: str, case: Case, name: str, negative: str = "no") -> dict[str, Any]:
    """Run the package once in its own environment, over the scores or over their percentiles."""
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / f"{name}.npy", {"scores": case.copied, "places": case.places}[name])
        np.save(Path(folder) / "target.npy", case.target)
        return told(python, "-c", CLIMB, folder, name, negative, one_thread=True)


def searched(case: Case, **how: Any) -> dict[str, float]:
    """Time one of mel's methods from raw scores to weights, and measure what it found."""
    settings = EnsembleSettings.model_validate(how)

    def act() -> Any:
        return choose(case.copied, case.target, settings, fold=case.fold, patient=case.patient)

    taken = seconds(act)
    blend = naive_scores(coded_rows(case.copied, settings, case.fold), act())
    return {"seconds": taken, "auc": roc_auc_score(case.target, blend)}


def climbing_table(
    theirs: dict[tuple[str, str], dict[str, Any]], ours: dict[str, dict[str, float]]
) -> str:
    """Give both as one table, mel's rows against the best that hillclimbers did."""
    number = next(iter(theirs.values()))["version"]
    lines = [
        "## One search over all rows, 18 members",
        "",
        f"`hillclimbers` {number} with `roc_auc_score` and its own precision of 0.01. It averages "
        "what it is given: the scores as they are, or their percentiles. The AUC is that of the "
        "rows that chose (naive). mel's time is from raw scores to weights, ranks included.",
        "",
        "| | seconds | AUC | times quicker | AUC against it |",
        "|---|---:|---:|---:|---:|",
    ]
    for (name, sign), found in theirs.items():
        what = "scores" if name == "scores" else "percentiles"
        also = ", negative weights" if sign == "yes" else ""
        lines.append(
            f"| hillclimbers, {what}{also} | {found['seconds']:.1f} | {found['auc']:.6f} | | |"
        )
    plain = [found for (_, sign), found in theirs.items() if sign == "no"]
    for name, found in ours.items():
        signed = theirs.get(("places", "yes")) if "negative" in name else None
        others = [signed] if signed else plain
        ratio = min(other["seconds"] for other in others) / found["seconds"]
        gain = found["auc"] - max(other["auc"] for other in others)
        lines.append(
            f"| mel, {name} | {found['seconds']:.3f} | {found['auc']:.6f} | {ratio:,.0f} "
            f"| {gain:+.6f} |"
        )
    lines += [
        "",
        "The last two columns are against the quickest and the best of hillclimbers' runs"
        + (", negative ones against its run with negative weights." if len(theirs) > 2 else "."),
    ]
    return "\n".join(lines)


def ways(case: Case) -> str:
    """Measure every method naively and honestly, over five patient folds."""
    lines = [
        "## Every method, naive and honest",
        "",
        "Honest: weights and ranking references from the other four folds, which `mel.folds.build` "
        "made of patients. The networks were trained on fold maps of their own, so that this "
        "compares methods and is no score of the networks. Partial AUC is the area above a true "
        "positive rate of 0.8, from 0 to 0.2. Seconds: all rows, then five times four folds.",
        "",
        "| method | naive AUC | honest AUC | mean of folds | honest partial AUC | seconds |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, how in METHODS.items():
        settings = EnsembleSettings.model_validate(how)
        start = time.process_time()
        coded = coded_rows(case.copied, settings, case.fold)
        choice = choose(coded, case.target, settings, patient=case.patient)
        crossed = crossfit(
            coded, case.target, case.fold, case.trains, settings, patient=case.patient
        )
        taken = time.process_time() - start
        honest = crossed.scores
        each = [auc(case.target[case.fold == k], honest[case.fold == k]) for k in range(5)]
        lines.append(
            f"| {name} | {auc(case.target, naive_scores(coded, choice)):.5f} "
            f"| {auc(case.target, honest):.5f} | {np.mean(each):.5f} "
            f"| {partial_auc(case.target, honest):.5f} | {taken:.2f} |"
        )
    return "\n".join(lines)


def kernels(case: Case) -> str:
    """Time one exact AUC of a sum of ranks, by what is sorted and as which numbers."""
    positive = case.target == 1
    total = np.rint(2 * len(positive) * case.places[:5].sum(axis=0))
    exact = {
        "scikit-learn's `roc_auc_score`": lambda: roc_auc_score(case.target, total),
        "`mel.metrics.auc`: checks, sorts negatives as float64": lambda: auc(case.target, total),
    }
    for kind in (np.float64, np.int64, np.int32):
        own = total.astype(kind)
        sides = own[positive], own[~positive]
        exact[f"sort the negatives, {np.dtype(kind)}"] = lambda s=sides: area(
            s[0].copy(), s[1].copy()
        )
    exact["sort the positives, search the negatives, int32"] = lambda: _other_way(*sides)
    value = exact["scikit-learn's `roc_auc_score`"]()
    lines = [
        "## One exact AUC of a sum",
        "",
        f"{int(positive.sum()):,} positives against {int((~positive).sum()):,} negatives; all give "
        f"{value:.9f}.",
        "",
        "| | milliseconds |",
        "|---|---:|",
    ]
    for name, act in exact.items():
        if abs(act() - value) > 1e-12:
            raise SystemExit(f"{name}: gives {act()}, not {value}")
        lines.append(f"| {name} | {1000 * seconds(act, 30):.3f} |")
    return "\n".join(lines)


def _other_way(positive: NDArray[Any], negative: NDArray[Any]) -> float:
    known = np.sort(positive)
    below = known.searchsorted(negative, "left").sum() + known.searchsorted(negative, "right").sum()
    return 1 - float(below) / (2 * len(positive) * len(negative))


def large(name: str) -> dict[str, float]:
    """Blend 400,000 generated rows by 100 members, naively and honestly."""
    settings = EnsembleSettings.model_validate(METHODS[name])
    draw = np.random.default_rng(SEED)
    target = np.zeros(ROWS)
    target[draw.choice(ROWS, POSITIVES, replace=False)] = 1
    patient = draw.integers(0, PATIENTS, ROWS)
    shared = 2.5 * target + draw.normal(size=ROWS)
    scores = np.empty((MEMBERS, ROWS))
    for member in range(MEMBERS):
        scores[member] = shared + (0.5 + member / 50) * draw.normal(size=ROWS)
    fold = (patient % 5).astype(float)
    trains = fold != np.arange(5)[:, None]
    start, wall = time.process_time(), time.monotonic()
    coded = coded_rows(scores, settings, fold)
    choice = choose(coded, target, settings, patient=patient)
    crossed = crossfit(coded, target, fold, trains, settings, patient=patient)
    return {
        "seconds": time.process_time() - start,
        "wall": time.monotonic() - wall,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "naive": auc(target, naive_scores(coded, choice)),
        "honest": auc(target, crossed.scores),
        "best": max(auc(target, column) for column in scores[:3]),
    }


def large_part() -> str:
    """Run the large case a method a process, for its peak of memory."""
    lines = [
        f"## {ROWS:,} rows, {MEMBERS} members, {POSITIVES} positives",
        "",
        "Generated; weights from all rows and from four folds, five times: six searches. Memory is "
        "the process's peak, Python, libraries and the 0.3 GB of scores included.",
        "",
        "| method | seconds | GB | naive AUC | honest AUC | best member |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name in ("greedy, 30 rounds", "greedy for partial AUC"):
        command = [sys.executable, __file__, "--large", name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        lines.append(
            f"| {name} | {found['seconds']:.1f} | {found['peak']:.2f} | {found['naive']:.5f} "
            f"| {found['honest']:.5f} | {found['best']:.5f} |"
        )
    return "\n".join(lines)


def origin(case: Case, minutes: float) -> str:
    """Say where the figures come from."""
    return "\n".join(
        [
            "# Blending",
            "",
            "- command: `python benchmarks/blending.py --data DIR`",
            f"- machine: {machine(PACKAGES)}; one thread, processor time",
            f"- time: {minutes / 60:.0f} minutes, all of it",
            f"- rows: SIIM-ISIC 2020, {len(case.target):,} images, {int(case.target.sum())} "
            f"positives, {len(set(case.patient)):,} patients",
            f"- members: the out-of-fold scores of {len(NETWORKS)} public networks, and {COPIES} "
            f"noisy, shifted copies of their logits (seed {SEED})",
        ]
    )


if __name__ == "__main__":
    main()
