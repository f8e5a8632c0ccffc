"""The proof of blends of three public CNNs of 2020: writes benchmarks/results/proof.md.

python benchmarks/proof.py --data DIR

DIR is the folder siim2020: the competition's tables and, in oof/ and test_predictions/, the scores
of cp_1, cp_2 and gao_b1. The folds are those of cp_1 and cp_2; gao_b1 was made on others and is let
in as foreign, so that what is said of a blend with it may be too good. No image is read.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import polars as pl
from siim import Siim, machine

from mel.config import EnsembleSettings
from mel.ensemble import Blended, blend
from mel.metrics import Resamples
from mel.metrics.weighted import by_images
from mel.tables import ImageTable

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "benchmarks" / "results" / "proof.md"
METHODS = ("greedy", "hill", "logit")
PACKAGES = ("mel", "polars", "numpy", "scikit-learn")


def main() -> None:
    """Blend by each method, and print what the proof says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path, help="the folder siim2020")
    parser.add_argument("--report", type=Path, help="a folder for the reports, one a method")
    given = parser.parse_args()
    data, start = given.data.resolve(), time.monotonic()
    siim = Siim(data)
    table, folds = siim.table, siim.own_folds("cp_1")
    (oof, test), found = siim.members(folds), {}
    for method in METHODS:
        settings = EnsembleSettings(method=method)
        out = given.report / method if given.report else None
        began = time.process_time()
        blended = blend(table, folds, oof, test, settings, out, png=out is not None)
        found[method] = blended, time.process_time() - began
    text = "\n".join(
        [_head(table, time.monotonic() - start), *_blends(found), _draws(oof[0].frame, table)]
    )
    RESULT.write_text(text, encoding="utf-8")
    print(text)


def _blends(found: dict[str, tuple[Blended, float]]) -> list[str]:
    lines = ["\n## Methods against the rank mean\n"]
    lines += [
        "| method | honest AUC | rank mean | gain, 95 % by patients | 95 % by DeLong, p | taken "
        "| choosing costs | all of it, s of one core |"
    ]
    lines += ["|---|---|---|---|---|---|---|---|"]
    for method, (blended, seconds) in found.items():
        facts, decision = blended.evaluation, blended.evaluation.proof.decision
        gain = decision.against_mean
        cells = [
            method,
            f"{facts.asked_honest.pooled:.4f}",
            f"{facts.mean_honest.pooled:.4f}",
            gain.numbers,
            f"{gain.delong.low:+.4f} to {gain.delong.high:+.4f}, {gain.delong.p:.2g}",
            facts.taken,
            f"{max(decision.method_auc, decision.mean_auc) - decision.rule:.4f}",
            f"{seconds:.1f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    blended = found[METHODS[0]][0]
    proof = blended.evaluation.proof
    lines += [f"\n## What it says of {METHODS[0]}\n", *(f"- {words}" for words in proof.words)]
    lines += [
        "\n## Members, left out one by one\n",
        "| member | AUC | in the blend | in the rank mean |",
        "|---|---|---|---|",
    ]
    aucs = {member.name: member.auc.pooled for member in blended.evaluation.members}
    for worth in proof.worths:
        inside = worth.in_blend.numbers if worth.in_blend else "the same"
        lines.append(
            f"| {worth.member} | {aucs[worth.member]:.4f} | {inside} | {worth.in_mean.numbers} |"
        )
    lines += [
        "\n## Calibration, cross-fitted\n",
        "| method | Brier score | expected calibration error |",
        "|---|---|---|",
    ]
    lines += [
        f"| {each.method} | {each.brier:.5f} | {each.error:.5f} |" for each in proof.calibrated
    ]
    lines += [
        "\n## Operating points: honest, and naive\n",
        "| objective | threshold | sensitivity | specificity | naive |",
        "|---|---|---|---|---|",
    ]
    for point in proof.points:
        shares = (
            f"{s.value:.3f} ({s.low:.3f} to {s.high:.3f})"
            for s in (point.sensitivity, point.specificity)
        )
        naive = f"{point.naive_sensitivity.value:.3f}, {point.naive_specificity.value:.3f}"
        lines.append(f"| {point.goal} | {point.threshold:.4f} | {' | '.join(shares)} | {naive} |")
    return lines


def _draws(scores: pl.DataFrame, table: ImageTable) -> str:
    """Compare the two ways of counting a thousand resamples, in processor time."""
    known = scores.join(table.train, on="image_id", validate="1:1").sort("image_id")
    truth, score = known["target"].to_numpy() == 1, known["score"].to_numpy()
    draws = Resamples(known["patient_id"].to_numpy())
    draws.times  # noqa: B018  # drawn once, for both
    began = time.process_time()
    quick = draws.aucs(truth, score)
    middle = time.process_time()
    chunks = range(0, draws.resamples, 50)
    plain = [by_images(truth, score, draws.times[s : s + 50][:, draws.group]) for s in chunks]
    ended = time.process_time()
    same = np.array_equal(quick, np.concatenate(plain))
    return (
        f"\n## A thousand resamples of {draws.patients:,} patients\n\n"
        f"By pairs of patients {middle - began:.2f} s of one core, by sorted images "
        f"{ended - middle:.2f} s: {(ended - middle) / (middle - began):.1f} times as long; "
        f"the same to the last bit: {'yes' if same else 'NO'}.\n"
    )


def _head(table: ImageTable, seconds: float) -> str:
    positives = int(table.train["target"].sum())
    return (
        "# The proof of blends of three public CNNs\n\n"
        "- command: `python benchmarks/proof.py --data DIR`\n"
        f"- machine: {machine(PACKAGES)}; busy with other work\n"
        f"- time: {seconds:.0f} s for all of it\n"
        f"- rows: {table.train.height:,} train images of {table.train['patient_id'].n_unique():,} "
        f"patients, {positives} positive; folds of cp_1 and cp_2, gao_b1 is foreign to them\n"
    )


if __name__ == "__main__":
    main()
