"""What was trained, and on what."""

from collections.abc import Iterable, Mapping
from typing import Any

from mel.pipeline.bundling.card.markdown import count, table

__all__ = ["about", "data_of"]


def about(facts: Mapping[str, Any]) -> Iterable[str]:
    """Give the members, the stack above them and the weights of the blend."""
    rows = [
        (m["name"], m["backbone"], f"{m['parameters']:,}", m["size"], m["views"], m["weights"])
        for m in facts["members"]
    ]
    yield table(("member", "backbone", "parameters", "pixels", "views", "begun from"), rows)
    kept = f"Of {facts['n_folds']} folds this bundle holds: {facts['made_of']}."
    stack = facts["stack"]
    over = "No stack is in the blend."
    if stack:
        over = (
            f"Above them {' and '.join(stack['learners'])} ({stack['name']}) over the members' "
            f"scores and {', '.join(stack['metadata']) or 'no metadata'}, in two variants: for one "
            "image alone, and with what the patient's other images say."
        )
    yield f"{kept} {over} Then a blend of percentiles, calibrated."
    weights = {name: v["weights"] for name, v in facts["variants"].items()}
    names = sorted({member for one in weights.values() for member in one})
    shown = [(n, *(f"{one.get(n, 0.0):.3f}" for one in weights.values())) for n in names]
    yield table(("weight in the blend", *weights), shown)


def data_of(facts: Mapping[str, Any]) -> Iterable[str]:
    """Give the images by split and by group."""
    data = facts["data"]
    rows = [
        (name, f"{s['images']:,}", f"{s['patients']:,}", count(s["positives"]))
        for name, s in data["splits"].items()
    ]
    yield f"Source: {data['name']}."
    yield table(("split", "images", "patients", "positives"), rows)
    groups = [
        (by, group, f"{n['images']:,}", f"{n['positives']:,}")
        for by, found in data["train_by"].items()
        for group, n in found.items()
    ]
    yield table(("training images by", "group", "images", "positives"), groups)
