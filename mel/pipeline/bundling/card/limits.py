"""Shortcuts that are known, limits, fairness and privacy."""

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["FAIR", "SHORTCUTS", "explored"]

SHORTCUTS = (
    "Networks learn whatever separates the classes. Known of SIIM-ISIC 2020: the size of a picture "
    "alone gives an AUC of 0.73, for clinics photograph suspicious moles otherwise. Ink, rulers, "
    "bandages, dark corners and the camera's colours tell one clinic from another. The stack reads "
    "no such facts about the file; the networks see them in the pixels.",
    "Labels are of biopsies where something looked suspicious, and of mere looking elsewhere: what "
    "nobody suspected was hardly ever proven harmless.",
    "The share of positives is the competition's, not that of any practice. Calibrated "
    "probabilities hold for that share; a rarer disease means lower ones.",
)
FAIR = (
    "Public dermatoscopic collections hold hardly any dark skin. What is not in the data cannot be "
    "measured here; take every figure as unknown for it.",
    "The bundle holds no picture, name, id or row of a patient. Its references are sorted scores "
    "without ids; groups of fewer than five patients or images are not told apart. Pictures in "
    "examples/, if any, were put there by whoever made the bundle.",
)


def explored(facts: Mapping[str, Any]) -> Iterable[str]:
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
