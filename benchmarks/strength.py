"""What stack and blend reach on the real scores, in one table: writes results/strength.md.

python benchmarks/strength.py --data DIR [--env DIR]

DIR is the folder siim2020: the tables and, in oof/ and test_predictions/, the scores of three
public networks. Four goals, on the five balanced patient folds that mel builds: the rank mean by a
second formula; the stack, nested; AutoGluon on the stack's own features and folds; the package
hillclimbers on the same 18 members. Both packages are installed from the registry, each into an
environment of its own, in a temporary folder or, to keep them, in the one that --env names.
"""

import argparse
import os
import tempfile
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from outside import THREADS, environment, told

os.environ |= THREADS

import numpy as np
import polars as pl
from blending import CLIMBERS, COPIES, METHODS, Case, climbed, searched
from scipy.stats import rankdata
from siim import NETWORKS, machine
from stack import Bench

from mel import ensemble, tabular
from mel.config import EnsembleSettings, TabularSettings
from mel.files import write_text
from mel.metrics import auc, auc_gain
from mel.tabular.fitting import Plan
from mel.tabular.joining import Joined
from mel.tabular.variant import fit_variant

RESULT = Path(__file__).parent / "results" / "strength.md"
PEER = Path(__file__).parent / "autogluon_peer.py"
AUTOGLUON = "autogluon.tabular[lightgbm,catboost,xgboost]==1.6.*"
PACKAGES = ("mel", "lightgbm", "scikit-learn", "scipy", "numpy", "polars")
INPUTS = ("age", "sex", "site")
INPUTS += tuple(f"{n}: percentile" for n in NETWORKS)
INPUTS += tuple(f"{n} in patient: rank in patient" for n in NETWORKS)
RUNS = (  # table, AutoGluon's settings, whether without each fold in turn as well
    ("inputs", "families", "oof"),
    ("features", "families", "nested"),
    ("features", "portfolio", "oof"),
)


@dataclass(frozen=True)
class Goal:
    """A row of the table, and the part of the paper that says more."""

    name: str
    known: str
    wanted: str
    got: str
    reached: bool
    more: str

    @property
    def row(self) -> str:
        """The row as the paper has it."""
        cells = [self.name, self.known, self.wanted, self.got, "yes" if self.reached else "**no**"]
        return f"| {' | '.join(cells)} |"


def main() -> None:
    """Reach for all four, print the table and keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path, help="the folder siim2020")
    parser.add_argument("--env", type=Path, help="where the packages' environments are kept")
    given, begun = parser.parse_args(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        kept = given.env or Path(folder)
        bench = Bench(given.data)
        goals = [_rank_mean(bench)]
        stack, scores = _stack(bench)
        goals += [stack, _autogluon(bench, scores, kept), _climbing(given.data, kept)]
    minutes = (time.monotonic() - begun) / 60
    write_text(RESULT, "\n".join([_head(minutes, goals), *(goal.more for goal in goals)]))
    print(RESULT.read_text(encoding="utf-8"))


def _head(minutes: float, goals: list[Goal]) -> str:
    rows = "\n".join(goal.row for goal in goals)
    return f"""# What stack and blend reach on the real scores of three CNNs

- command: `python benchmarks/strength.py --data DIR`
- machine: {machine(PACKAGES)}
- time: {minutes:.0f} minutes, all of it
- data: SIIM-ISIC 2020, 33,126 images of 2,056 patients, 584 positives; out-of-fold scores of three
  public networks, foreign to the folds ([stack.md](stack.md) says what that means); five balanced
  patient folds by `mel.folds.build`, seed 0
- intervals: 95 %, by patients, 1,000 resamples, the same for both sides of a difference

| | known | to reach | got | reached? |
|---|---|---|---|---|
{rows}
"""


def _rank_mean(bench: Bench) -> Goal:
    settings = EnsembleSettings(method="mean")
    blended = ensemble.blend(bench.table, bench.folds, bench.oof, bench.test, settings)
    ours, second = blended.evaluation.mean_naive.pooled, _second_formula(bench)
    apart = abs(Fraction(ours) - second)
    more = f"""## The rank mean

mel's figure is that of `mel.ensemble.blend`, method `mean`: {ours!r}. The second formula sums
doubled average ranks of `scipy.stats.rankdata`, counts in whole numbers how many of the pairs of a
positive and a negative are in order, ties as half a pair, and divides once, as a fraction:
{second.numerator:,} / {second.denominator:,} = {float(second)!r}.
They differ by {float(apart):.1e}. With references of the other folds only (honest) it is
{blended.evaluation.mean_honest.pooled:.4f}.
"""
    wanted, got = "the same number, to 1e-12", f"{ours:.12f}; {float(apart):.1e} apart"
    return Goal("rank mean of the three", "0.918", wanted, got, apart < Fraction(1, 10**12), more)


def _second_formula(bench: Bench) -> Fraction:
    """The Mann-Whitney statistic of the sum of ranks, in whole numbers."""
    doubled = sum(np.rint(2 * rankdata(m.frame["score"])).astype(np.int64) for m in bench.oof)
    _, place = np.unique(doubled, return_inverse=True)
    positive = np.bincount(place, bench.target == 1).astype(int).tolist()
    negative = np.bincount(place, bench.target == 0).astype(int).tolist()
    halves = below = 0
    for mine, others in zip(positive, negative, strict=True):
        halves += mine * (2 * below + others)
        below += others
    return Fraction(halves, 2 * sum(positive) * sum(negative))


def _stack(bench: Bench) -> tuple[Goal, dict[str, Any]]:
    begun = time.process_time()
    _, oof = fit_variant(_plan(bench), "out of fold")
    found = tabular.nested(bench.table, bench.folds, bench.oof, variants=("context",))["context"]
    taken = time.process_time() - begun
    scores = {"oof": oof, "nested": found.frame["score"].to_numpy()}
    more = f"""## The stack

LightGBM and logistic regression with patient context, as `mel tabular train` makes it by default;
nested, a fold is scored by a whole stack made without it. Trained and nested in {taken:.0f} s of
processor time.

{HEAD}
{_fold_row(bench, "nested", scores["nested"])}
{_fold_row(bench, "out of fold", scores["oof"])}
"""
    honest = found.honest
    got = f"{honest.pooled:.4f} / {honest.fold_mean:.4f}, {honest.low:.4f} to {honest.high:.4f}"
    reached = min(honest.pooled, honest.fold_mean) > 0.930
    known, wanted = "0.926 / 0.927", "above 0.930, nested, honest"
    name = "stack with patient context, pooled / mean of folds"
    return Goal(name, known, wanted, got, reached, more), scores


def _plan(bench: Bench) -> Plan:
    """The training rows of the stack with patient context."""
    joined = Joined.of(bench.table, bench.folds, bench.oof, None)
    return joined.plan(TabularSettings(), "context")


HEAD = "| | pooled | mean of folds | fold 0 | 1 | 2 | 3 | 4 |\n|---|---|---|---|---|---|---|---|"


def _fold_row(bench: Bench, name: str, score: Any) -> str:
    folds = [auc(bench.target[bench.fold == k], score[bench.fold == k]) for k in range(5)]
    figures = [auc(bench.target, score), float(np.mean(folds)), *folds]
    return f"| {name} | {' | '.join(f'{figure:.4f}' for figure in figures)} |"


def _autogluon(bench: Bench, ours: dict[str, Any], kept: Path) -> Goal:
    python = environment(kept / "autogluon", AUTOGLUON)
    facts, rows, gains = {}, [], {}
    with tempfile.TemporaryDirectory() as place:
        _write_tables(bench, Path(place))
        for table, settings, kinds in RUNS:
            folder = Path(place) / table
            title = f"{table}, {settings}"
            facts[title] = told(python, str(PEER), str(folder), settings, kinds, one_thread=False)
            scores = pl.read_parquet(folder / f"{settings}.parquet").sort("image_id")
            for kind in scores.columns[1:]:
                score = scores[kind].to_numpy()
                gains[title, kind] = auc_gain(bench.target, ours[kind], score, bench.patient)
                gain, low, high = gains[title, kind]
                rows.append(
                    f"{_fold_row(bench, f'{title}: {WORDS[kind]}', score)} "
                    f"{gain:+.4f} ({low:+.4f} to {high:+.4f}) |"
                )
                print(rows[-1], flush=True)
    gain, low, high = gains["features, families", "nested"]
    once = facts["features, families"]["seconds"]
    gap = f"{gain:.4f} behind, nested ({low:+.4f} to {high:+.4f}); {once:.0f} s, busy machine"
    name = "AutoGluon 1.6 on the same features and folds"
    return Goal(
        name,
        "0.926 in 24 s",
        "behind the stack by at least 0.003",
        gap,
        gain >= 0.003,
        _told_of_autogluon(facts, rows) + _why(gains),
    )


WORDS = {"oof": "its own out of fold", "nested": "**nested**"}


def _told_of_autogluon(facts: dict[str, dict[str, Any]], rows: list[str]) -> str:
    lines = [
        f"| {title} | {one['models']} | {one['best']} | {one['seconds']:.0f} | "
        f"{one['processor']:.0f} | {_board(one['board'])} |"
        for title, one in facts.items()
    ]
    table, more = "\n".join(rows), "\n".join(lines)
    return f"""## AutoGluon

{next(iter(facts.values()))["versions"]}, from the registry, in an environment of its own, by all
cores; `eval_metric="roc_auc"`, bagged by our folds (`groups`), one bag a fold, weighted ensemble;
its best model by its own board. The seconds are those of a machine that was busy with other work.

- "features" are the columns that both of the stack's learners read, words as words. "inputs" are
  age, sex, site, each network's percentile and its rank within the patient: a table like that of
  the figure known before, whose columns are not written down.
- "families" is LightGBM, CatBoost and XGBoost at AutoGluon's own settings, "portfolio" the same
  three families with all the settings of its default portfolio (three of LightGBM's).
- "its own out of fold" flatters: each model stopped early by the fold that it scores, and the
  ensemble's weights and the best model are chosen on all folds, those scored among them. The stack
  does neither. "nested" is the peer of the stack's nested figure: AutoGluon is fitted without the
  fold, with the four others as bags, and the mean of its bags scores it. Its out-of-fold scores are
  compared with the stack's out-of-fold scores, nested ones with nested ones.

{HEAD.splitlines()[0]} stack above it |
{HEAD.splitlines()[1]}---|
{table}

| | models | best | s, fitted once | s of processor | AUC on its own board |
|---|---|---|---|---|---|
{more}
"""


def _why(gains: dict[tuple[str, str], tuple[float, float, float]]) -> str:
    before, same, nested = (
        gains[key][0]
        for key in (
            ("inputs, families", "oof"),
            ("features, families", "oof"),
            ("features, families", "nested"),
        )
    )
    return f"""
The features make most of the difference. On the inputs alone AutoGluon is {before:.4f} behind the
stack, on the stack's own features {same:.4f}, nested {nested:.4f}. What the stack has beside them
is the logistic regression: AutoGluon's three families are trees.
"""


def _board(aucs: dict[str, float]) -> str:
    return "; ".join(f"{model} {value:.4f}" for model, value in aucs.items())


def _write_tables(bench: Bench, place: Path) -> None:
    """What AutoGluon is given: a folder a set of columns, a table of all, and one a fold."""
    plan = _plan(bench)
    tables = {"all": np.ones(len(plan.rows), dtype=bool)}
    tables |= {f"without{fold}": plan.trains[fold] for fold in plan.folds}
    for name, known in tables.items():
        frame = _columns(bench, plan, known)
        inputs = frame.select("image_id", "target", "fold", *INPUTS)
        for folder, columns in (("features", frame), ("inputs", inputs)):
            (place / folder).mkdir(exist_ok=True)
            columns.write_parquet(place / folder / f"{name}.parquet")


def _columns(bench: Bench, plan: Plan, known: Any) -> pl.DataFrame:
    """All that the stack's learners read; norms are of the rows that are known."""
    norms = {norm.by: norm.fit(plan.rows, known) for norm in plan.features.norms}
    found: dict[str, Any] = {
        "image_id": bench.table.train["image_id"],
        "target": bench.target.astype(np.int8),
        "fold": bench.fold.astype(np.int8),
    }
    for reader in ("trees", "linear"):
        matrix = plan.features.matrix(plan.rows, norms, reader)
        for number, title in enumerate(matrix.titles):
            words = number in matrix.levels
            found[title] = bench.table.train[title] if words else matrix.values[:, number]
    return pl.DataFrame(found)


def _climbing(data: Path, kept: Path) -> Goal:
    case, python = Case(data), environment(kept / "hillclimbers", *CLIMBERS)
    theirs = {name: climbed(python, case, name) for name in ("scores", "places")}
    ours = searched(case, **METHODS["hill"])
    best = max(one["auc"] for one in theirs.values())
    least = min(one["seconds"] for one in theirs.values())
    more = f"""## Hill climbing

`hillclimbers` {theirs["scores"]["version"]} and mel's `hill`, one search over all rows, one thread,
processor time; the members are the three networks and {COPIES} noisy copies. mel's time is from raw
scores to weights. [blending.md](blending.md) compares mel's other methods.

| | s | AUC of the rows that chose |
|---|---|---|
| hillclimbers, on the scores | {theirs["scores"]["seconds"]:.1f} | {theirs["scores"]["auc"]:.6f} |
| hillclimbers, on percentiles | {theirs["places"]["seconds"]:.1f} | {theirs["places"]["auc"]:.6f} |
| mel | {ours["seconds"]:.3f} | {ours["auc"]:.6f} |
"""
    got = (
        f"{ours['seconds']:.2f} s, {least / ours['seconds']:.0f} times as quick, AUC "
        f"{ours['auc'] - best:+.6f}; hillclimbers {least:.0f} s here"
    )
    reached = ours["seconds"] < 0.5 and ours["auc"] >= best
    name = "hill climbing, 18 members, 33,126 rows"
    known, wanted = "`hillclimbers` 24 s", "under 0.5 s, AUC no lower"
    return Goal(name, known, wanted, got, reached, more)


if __name__ == "__main__":
    main()
