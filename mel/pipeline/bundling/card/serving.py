"""Probabilities, the operating point, and what serving changes."""

from collections.abc import Iterable, Mapping
from typing import Any

from mel.errors import many
from mel.pipeline.bundling.card.markdown import listed, table

__all__ = ["calibrated", "serving"]


def calibrated(variant: Mapping[str, Any], facts: Mapping[str, Any]) -> Iterable[str]:
    """Give the calibration and the operating points."""
    if len(facts["folds"]) > 1:
        yield _averaged(facts)
    found = variant["evaluation"]["proof"].get("calibrated") or []
    rows = [(c["method"], f"{c['brier']:.4f}", f"{c['error']:.4f}") for c in found]
    if rows:
        yield table(("calibration", "Brier score", "expected error"), rows)
    for point in variant["operating_points"]:
        yield (
            f"Operating point: {point['aim']} {point['value']:g}. An alarm begins at a score of "
            f"{point['threshold']:.4f} (probability {point['probability']:.4f}); out of fold it "
            f"had sensitivity {_share(point['sensitivity'])} and specificity "
            f"{_share(point['specificity'])}."
        )


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


def _share(said: Mapping[str, float]) -> str:
    value, low, high = (100 * said[key] for key in ("value", "low", "high"))
    return f"{value:.1f} % ({low:.1f} to {high:.1f})"


def serving(facts: Mapping[str, Any]) -> Iterable[str]:
    """Say how far scores of the bundle are from those of the training."""
    yield f"Scores of this bundle beside those of the training: {facts['verified']['text']}."
    yield from (f"**{warning}**" for warning in facts["warnings"])
    if facts["measured"]:
        yield f"Measured on {facts['measured'][0]['images']}, in one run on {facts['device']}:"
        yield listed(one["text"] for one in facts["measured"])
    yield from facts["unmeasured"]
