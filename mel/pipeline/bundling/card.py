"""The model card: what the ensemble is, was trained on, is worth, and must not be used for.

The sections are those of Mitchell et al., Model Cards for Model Reporting (FAT* 2019).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mel.errors import many

__all__ = ["card"]

_NOT = (
    "**This is no medical device.** Nobody has approved or validated it for use on people. No "
    "score of it says whether a mole is harmless, and none replaces a doctor who looks at the skin."
)
_SYNTHETIC = (
    "**Synthetic.** The pictures that trained it were drawn from random numbers. It knows nothing "
    "of skin; its scores show how the software works, and nothing else."
)
_USES = (
    "Meant for: competitions, research, and learning how such ensembles behave.",
    "Not meant for: diagnosis, triage, screening, reassurance, or any decision about a person.",
    "Out of its reach: clinical and phone pictures without a dermatoscope, mucosa, nails, other "
    "diseases, and any picture unlike those below. It always gives a number, also for a cat.",
)
_SHORTCUTS = (
    "Networks learn whatever separates the classes. Known of SIIM-ISIC 2020: the size of a picture "
    "alone gives an AUC of 0.73, for clinics photograph suspicious moles otherwise. Ink, rulers, "
    "bandages, dark corners and the camera's colours tell one clinic from another. The stack reads "
    "no such facts about the file; the networks see them in the pixels.",
    "Labels are of biopsies where something looked suspicious, and of mere looking elsewhere: what "
    "nobody suspected was hardly ever proven harmless.",
    "The share of positives is the competition's, not that of any practice. Calibrated "
    "probabilities hold for that share; a rarer disease means lower ones.",
)
_FAIR = (
    "Public dermatoscopic collections hold hardly any dark skin. What is not in the data cannot be "
    "measured here; take every figure as unknown for it.",
    "The bundle holds no picture, name, id or row of a patient. Its references are sorted scores "
    "without ids; groups of fewer than five patients or images are not told apart. Pictures in "
    "examples/, if any, were put there by whoever made the bundle.",
)


def card(facts: Mapping[str, Any]) -> str:
    """Write the card from the facts; see `mel.pipeline.bundling.facts.facts_of`."""
    main = facts["variants"][facts["main"]]
    parts = [
        f"# {facts['name']}: a stacked ensemble over {many(len(facts['members']), 'network')}",
        *([_SYNTHETIC] if facts["synthetic"] else []),
        _NOT,
        "## What it is",
        *_about(facts),
        "## What it is for, and what not",
        _listed(_USES),
        "## Training data",
        *_data(facts),
        "## How it was evaluated",
        *_evaluated(facts),
        "## What it is worth",
        *_worth(facts),
        "## Groups of people and pictures",
        *_groups(main["evaluation"]),
        "## Probabilities and the operating point",
        *_calibrated(main, facts),
        "## What serving changes",
        *_serving(facts),
        "## Known shortcuts and limits",
        _listed((*_explored(facts), *_SHORTCUTS)),
        "## Fairness and privacy",
        _listed(_FAIR),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _listed(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _auc(said: Mapping[str, float], value: str = "pooled") -> str:
    return f"{said[value]:.4f} ({said['low']:.4f} to {said['high']:.4f})"


def _about(facts: Mapping[str, Any]) -> Iterable[str]:
    rows = [
        (m["name"], m["backbone"], f"{m['parameters']:,}", m["size"], m["views"], m["weights"])
        for m in facts["members"]
    ]
    yield _table(("member", "backbone", "parameters", "pixels", "views", "begun from"), rows)
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
    yield _table(("weight in the blend", *weights), shown)


def _data(facts: Mapping[str, Any]) -> Iterable[str]:
    data = facts["data"]
    rows = [
        (name, f"{s['images']:,}", f"{s['patients']:,}", _count(s["positives"]))
        for name, s in data["splits"].items()
    ]
    yield f"Source: {data['name']}."
    yield _table(("split", "images", "patients", "positives"), rows)
    groups = [
        (by, group, f"{n['images']:,}", f"{n['positives']:,}")
        for by, found in data["train_by"].items()
        for group, n in found.items()
    ]
    yield _table(("training images by", "group", "images", "positives"), groups)


def _count(number: int | None) -> str:
    return "not told" if number is None else f"{number:,}"


def _evaluated(facts: Mapping[str, Any]) -> Iterable[str]:
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


def _worth(facts: Mapping[str, Any]) -> Iterable[str]:
    rows = [(m["name"], "out of fold", _auc(m["auc"])) for m in facts["members"]]
    if facts["stack"]:
        name = facts["stack"]["name"]
        rows += [(f"{name}, {v}", "out of fold", _auc(a)) for v, a in facts["stack"]["auc"].items()]
    for name, variant in facts["variants"].items():
        rows += [(f"the blend, {name}", "honest", _auc(variant["honest"]))]
        rows += [(f"the blend, {name}", "naive", _auc(variant["naive"]))]
    if facts["held_out"]:
        rows += [(f"the blend, {facts['main']}", "test images", _auc(facts["held_out"], "auc"))]
    yield _table(("", "measured", "AUC (95 %)"), rows)


def _groups(evaluation: Mapping[str, Any]) -> Iterable[str]:
    rows = [
        (g["axis"], g["name"], f"{g['images']:,}", f"{g['positives']:,}", _group_auc(g))
        for g in evaluation["proof"]["groups"]
    ]
    yield _table(("by", "group", "images", "positives", "AUC (95 %)"), rows)
    yield "Where a group has few positives, its interval says more than its figure."


def _group_auc(group: Mapping[str, Any]) -> str:
    if group["value"] is None:
        return "too few"
    return f"{group['value']:.4f} ({group['low']:.4f} to {group['high']:.4f})"


def _explored(facts: Mapping[str, Any]) -> Iterable[str]:
    """Say what these data, and not others, let a model cheat with."""
    found = facts.get("explored")
    if not found:
        yield (
            "These data were not explored (mel kaggle explore) before the bundle was made: what is "
            "said here is of other data."
        )
        return
    for one in found["shortcuts"]:
        if one["low"] is not None and one["low"] > 0.5:
            yield (
                f"In these training data, without a look at any picture: {one['name']} alone, AUC "
                f"{one['auc']:.3f} ({one['low']:.3f} to {one['high']:.3f})."
            )
    if not any(one["low"] is not None and one["low"] > 0.5 for one in found["shortcuts"]):
        yield "In these training data no kind of column alone tells the classes apart for certain."
    yield f"Train and test images: {found['shift']}"


def _averaged(facts: Mapping[str, Any]) -> str:
    """Say that what was calibrated and what serves are not quite the same."""
    served = f"the mean over {many(len(facts['folds']), 'fold')}"
    if "averaged" in facts["made_of"]:
        served = "one network with the folds' mean weights"
    return (
        "Calibration and threshold were fitted to out-of-fold scores, each by one fold's network "
        f"and stack; a new image gets {served}. A mean lies less far out than its parts, so "
        "probabilities near 0 or 1, and how many images reach the threshold, may be off by what "
        "no out-of-fold score can show. Only new images whose diagnosis is known can."
    )


def _calibrated(variant: Mapping[str, Any], facts: Mapping[str, Any]) -> Iterable[str]:
    if len(facts["folds"]) > 1:
        yield _averaged(facts)
    found = variant["evaluation"]["proof"].get("calibrated") or []
    rows = [(c["method"], f"{c['brier']:.4f}", f"{c['error']:.4f}") for c in found]
    if rows:
        yield _table(("calibration", "Brier score", "expected error"), rows)
    for point in variant["operating_points"]:
        yield (
            f"Operating point: {point['aim']} {point['value']:g}. An alarm begins at a score of "
            f"{point['threshold']:.4f} (probability {point['probability']:.4f}); out of fold it "
            f"had sensitivity {_share(point['sensitivity'])} and specificity "
            f"{_share(point['specificity'])}."
        )


def _share(said: Mapping[str, float]) -> str:
    value, low, high = (100 * said[key] for key in ("value", "low", "high"))
    return f"{value:.1f} % ({low:.1f} to {high:.1f})"


def _serving(facts: Mapping[str, Any]) -> Iterable[str]:
    yield f"Scores of this bundle beside those of the training: {facts['verified']['text']}."
    yield from (f"**{warning}**" for warning in facts["warnings"])
    if facts["measured"]:
        yield f"Measured on {facts['measured'][0]['images']}, in one run on {facts['device']}:"
        yield _listed(one["text"] for one in facts["measured"])
    yield from facts["unmeasured"]
