"""How the ensemble was evaluated, and what it is worth."""

from collections.abc import Iterable, Mapping
from typing import Any

from mel.pipeline.bundling.card.markdown import auc, table

__all__ = ["evaluated", "groups", "worth"]


def evaluated(facts: Mapping[str, Any]) -> Iterable[str]:
    """Say how figures were taken, and whether any may be too good."""
    yield (
        f"Patients, lesions and copies were kept together in {facts['n_folds']} folds. Every "
        "training image is scored by networks that never saw its fold. Honest figures take "
        "weights, references, calibration and threshold for each fold from the other folds; "
        "naive ones choose and measure on the same rows. A member's and the stack's own AUC pool "
        "what their folds' models said as it is. Intervals are of 95 %, from resampling "
        "patients. What is left: the networks below the stack were trained on the targets of the "
        "other folds. In the finished blend each training image is one of those that new ones are "
        "ranked among; no AUC here but the naive one is taken so."
    )
    if facts["foreign"]:
        names = ", ".join(facts["foreign"])
        yield f"Scores of {names} were made on other folds: all figures may be too good."


def worth(facts: Mapping[str, Any]) -> Iterable[str]:
    """Give the AUCs of the members, of the stack and of the blend."""
    rows = [(m["name"], "out of fold", auc(m["auc"])) for m in facts["members"]]
    if facts["stack"]:
        name = facts["stack"]["name"]
        rows += [(f"{name}, {v}", "out of fold", auc(a)) for v, a in facts["stack"]["auc"].items()]
    for name, variant in facts["variants"].items():
        rows += [(f"the blend, {name}", "honest", auc(variant["honest"]))]
        rows += [(f"the blend, {name}", "naive", auc(variant["naive"]))]
    if facts["held_out"]:
        rows += [(f"the blend, {facts['main']}", "test images", auc(facts["held_out"], "auc"))]
    yield table(("", "measured", "AUC (95 %)"), rows)


def groups(evaluation: Mapping[str, Any]) -> Iterable[str]:
    """Give the AUC in each group of people and pictures."""
    rows = [
        (g["axis"], g["name"], f"{g['images']:,}", f"{g['positives']:,}", _group_auc(g))
        for g in evaluation["proof"]["groups"]
    ]
    yield table(("by", "group", "images", "positives", "AUC (95 %)"), rows)
    yield "Where a group has few positives, its interval says more than its figure."


def _group_auc(group: Mapping[str, Any]) -> str:
    if group["value"] is None:
        return "too few"
    return f"{group['value']:.4f} ({group['low']:.4f} to {group['high']:.4f})"
