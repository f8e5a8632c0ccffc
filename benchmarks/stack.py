"""The stack on the real scores of three public CNNs: writes benchmarks/results/stack.md.

python benchmarks/stack.py --data DIR
"""

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
from siim import Siim, machine

from mel import tabular
from mel.config import TabularSettings
from mel.metrics import auc, auc_gain, auc_report
from mel.predictions import Predictions
from mel.tabular import Nested
from mel.tabular.features import Variant, own_percentiles
from mel.tabular.joining import Joined

RESULT = Path(__file__).parent / "results" / "stack.md"
PACKAGES = ("lightgbm", "scikit-learn", "numpy", "polars")
DEFAULT = "LightGBM and logistic (the default)"
CANDIDATES: Mapping[str, dict[str, Any]] = {
    "logistic regression": {"learners": ["logistic"]},
    "logistic, weights freer (c = 1)": {"learners": ["logistic"], "logistic": {"c": 1.0}},
    "logistic, weights smaller (c = 0.01)": {"learners": ["logistic"], "logistic": {"c": 0.01}},
    "LightGBM": {"learners": ["lightgbm"]},
}
MORE: Mapping[str, dict[str, Any]] = {
    "histogram boosting": {"learners": ["histogram"]},
    "all three": {"learners": ["lightgbm", "logistic", "histogram"]},
}


HEAD = "| | pooled | mean of folds | 95 %, by patients | |\n|---|---|---|---|---|"
TEXT = f"""# The stack on the real scores of three CNNs

- command: `python benchmarks/stack.py --data DIR{{more}}`
- machine: {{machine}}; {{minutes}} minutes of processor time
- data: SIIM-ISIC 2020, 33,126 images of 2,056 patients, 584 positives; out-of-fold scores of three
  public networks; five balanced patient folds by `mel.folds.build`, seed 0
- all three networks are foreign: made on other folds than these, cp_1 and cp_2 on one map, gao_b1
  on another. A network that scored a fold's images saw targets of other images of that fold, so
  that every figure below the members' may be too high by an amount that only held-out images
  could tell. That holds for the rank mean, too.

## Members and plain means

{HEAD}
{{plain}}

## The stack as it is trained by default

"naive" scores the very images it was fitted on, "out of fold" each image by the models without its
fold, "nested" by a whole stack (norms, models) made without its fold.

{HEAD}
{{default}}

{{gains}}

## Candidates, nested, with patient context

"inner" is what may choose: the mean over the outer folds of the AUC over the folds inside. With
`--all` histogram boosting is a candidate, too, alone and with both others.

{HEAD}
{{rows}}

## What the stack looks at

Mean size of the SHAP values in log-odds, of images the model never saw.

| learner | feature | SHAP |
|---|---|---|
{{top}}

## What was tried before, on these folds

The features were looked for on these very rows and folds, out of fold and not nested, so that the
figures above carry some of that luck: the steps below differ by less than the interval's
width. Pooled AUC / mean of folds. LR is logistic regression, c = 1.

| step | AUC |
|---|---|
| rank mean; ranked within each network | 0.9184 / 0.9189; 0.9203 / 0.9208 |
| mean of normal scores of cp_1 and gao_b1, ranked within each network | 0.9269 / 0.9270 |
| LightGBM on scores alone; with age, sex, site | 0.9208 / 0.9228; 0.9217 / 0.9234 |
| with agreement of the members | 0.9206 / 0.9227 |
| with the number of the patient's images | 0.9222 / 0.9245 |
| with all facts about the patient's images | 0.9253 / 0.9273 |
| with 52 columns of score context | 0.9279 / 0.9296 |
| 30 columns: context of the members' mean only | 0.9277 / 0.9294 |
| the same, random thresholds (`extra_trees`) | 0.9301 / 0.9311 |
| the same, 4 leaves | 0.9272 / 0.9290 |
| LR on logits; on normal scores | 0.9237 / 0.9243; 0.9264 / 0.9270 |
| LR with logits too, age, sex and site | 0.9261 / 0.9267 |
| LR with the facts about the patient's images | 0.9312 / 0.9315 |
| LR with context of the members' mean | 0.9315 / 0.9318 |
| LR with context of each member as well | 0.9318 / 0.9321 |
| the same, c = 0.01; c = 0.001 | 0.9312 / 0.9315; 0.9279 / 0.9283 |
| LR and LightGBM with random thresholds, half each, in log-odds | 0.9319 / 0.9324 |
| LR with visits, site context, squares, products or splines, each alone | 0.9310 to 0.9320 pooled |

The largest steps are two: to rank each score among those of its own network, and to know how the
patient's images lie over years and body. The second may be a habit of this collection (which images
of a patient were sent in) as much as of skin: a clinic that photographs otherwise should take the
variant "single", or train its own. Image size, an acquisition shortcut, was left out of all.
"""


class Bench(Siim):
    """The table, its five folds, the members, and what their scores are worth."""

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.oof, self.test = self.members()

    def row(self, name: str, score: Any, more: str = "") -> str:
        """A row of the result: AUC pooled, mean of the folds, interval by patients."""
        found = auc_report(self.target, score, self.patient, self.fold)
        ends = f"{found.low:.4f} to {found.high:.4f}"
        return f"| {name} | {found.pooled:.4f} | {found.fold_mean:.4f} | {ends} | {more} |"

    def gain(self, what: str, score: Any, other: Any) -> str:
        """A line: by how much one score is above another, on the same resamples of patients."""
        gain, low, high = auc_gain(self.target, score, other, self.patient)
        return f"- {what}: {gain:+.4f} ({low:+.4f} to {high:+.4f})"


def _plain(bench: Bench) -> tuple[list[str], Any]:
    """Members and means without any fitting; gives the rows and the rank mean."""
    raw = {m.name: m.frame["score"].to_numpy() for m in bench.oof}
    networks = {m.name: m.frame["fold"].to_numpy() for m in bench.oof}
    mean = sum(pl.Series(v).rank().to_numpy() for v in raw.values())
    within = sum(own_percentiles(v, networks[name]) for name, v in raw.items())
    rows = [bench.row(name, v) for name, v in raw.items()]
    rows.append(bench.row("rank mean of the three", mean))
    return [*rows, bench.row("the same, ranked within each network", within)], mean


def _chosen(bench: Bench, found: Mapping[str, Nested]) -> tuple[Any, list[str]]:
    """Each outer fold's scores by the candidate whose inner AUC is best there."""
    score, names = np.empty(len(bench.target)), []
    for fold in range(bench.folds.n_folds):
        names.append(max(found, key=lambda name: found[name].inner[fold]))
        mine = bench.fold == fold
        score[mine] = found[names[-1]].frame["score"].to_numpy()[mine]
    return score, names


def _candidates(
    bench: Bench, default: Nested, wanted: Mapping[str, dict[str, Any]]
) -> tuple[list[str], dict[str, Nested]]:
    found = {DEFAULT: default}
    inner, score = np.mean(default.inner), default.frame["score"].to_numpy()
    rows = [bench.row(DEFAULT, score, f"inner {inner:.4f}")]
    for name, update in wanted.items():
        begun = time.process_time()
        settings = TabularSettings.model_validate(update)
        made = tabular.nested(bench.table, bench.folds, bench.oof, settings, variants=("context",))[
            "context"
        ]
        found[name] = made
        inner, seconds = np.mean(made.inner), time.process_time() - begun
        score = made.frame["score"].to_numpy()
        rows.append(bench.row(name, score, f"inner {inner:.4f}, {seconds:.0f} s of processor"))
        print(rows[-1], flush=True)
    return rows, found


def _default(bench: Bench) -> tuple[list[str], pl.DataFrame, dict[Variant, Nested], list[str]]:
    """Both variants as `train` makes them: naive, out of fold, nested; and the importance."""
    rows = []
    with TemporaryDirectory() as folder:
        out = Path(folder) / "stack"
        tabular.train(bench.table, bench.folds, bench.oof, bench.test, out=out)
        stack, weights = tabular.load(out), tabular.read_importance(out)
        plain = {v: Predictions.read(out / v / "oof.parquet") for v in tabular.VARIANTS}
    naive = {v: naive_scores(bench, stack, v) for v in tabular.VARIANTS}
    found = tabular.nested(bench.table, bench.folds, bench.oof)
    for variant, made in found.items():
        rows.append(bench.row(f"{variant}, naive", naive[variant], "seen in fitting: no evidence"))
        rows.append(bench.row(f"{variant}, out of fold", plain[variant].frame["score"].to_numpy()))
        rows.append(bench.row(f"**{variant}, nested**", made.frame["score"].to_numpy()))
        print(*rows[-3:], sep="\n", flush=True)
    gains = [
        bench.gain(f"{v}: naive above nested", naive[v], found[v].frame["score"].to_numpy())
        for v in found
    ]
    return rows, weights, found, gains


def naive_scores(bench: Bench, stack: tabular.Stack, variant: Variant) -> Any:
    """The stack's scores of the very rows that it was fitted on."""
    plan = Joined.of(bench.table, bench.folds, bench.oof, None).plan(TabularSettings(), variant)
    return stack.variant(variant).mean(plan.rows)


def main() -> None:
    """Evaluate every candidate nested, choose among them nested, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path, help="tables and oof/ of SIIM 2020")
    parser.add_argument("--all", action="store_true", help="histogram boosting as well: slower")
    given, begun = parser.parse_args(), time.process_time()
    bench = Bench(given.data)
    plain, mean = _plain(bench)
    default, weights, made, optimism = _default(bench)
    rows, found = _candidates(bench, made["context"], {**CANDIDATES, **(MORE if given.all else {})})
    score, names = _chosen(bench, found)
    rows.append(bench.row("**chosen in each fold by its inner AUC**", score, "; ".join(names)))
    context, single = (made[v].frame["score"].to_numpy() for v in ("context", "single"))
    gains = [
        *optimism,
        bench.gain("stack with patient context against the rank mean", context, mean),
        bench.gain("with patient context against without", context, single),
        bench.gain("chosen by inner folds against the default", score, context),
        _verdict(bench, {"context": context, "single": single, "chosen inside each fold": score}),
    ]
    text = TEXT.format(
        plain="\n".join(plain),
        default="\n".join(default),
        rows="\n".join(rows),
        gains="\n".join(gains),
        top="\n".join(_top(weights)),
        more=" --all" if given.all else "",
        machine=machine(PACKAGES),
        minutes=f"{(time.process_time() - begun) / 60:.0f}",
    )
    RESULT.write_text(text, encoding="utf-8")
    print(text)


def _verdict(bench: Bench, scores: Mapping[str, Any]) -> str:
    said = [f"{name} {auc(bench.target, score) - 0.930:+.4f}" for name, score in scores.items()]
    return f"- against the 0.930 that was to be reached, nested and pooled: {', '.join(said)}"


def _top(weights: pl.DataFrame) -> list[str]:
    best = weights.filter(variant="context").group_by("learner", maintain_order=True).head(8)
    columns = best.select("learner", "feature", "shap").rows()
    return [f"| {learner} | {feature} | {shap:.3f} |" for learner, feature, shap in columns]


if __name__ == "__main__":
    main()
