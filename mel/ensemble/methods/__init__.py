"""How the weights are chosen: a method a module, each from a Board and the settings to a Choice."""

from mel.ensemble.methods.area import area
from mel.ensemble.methods.choice import Choice
from mel.ensemble.methods.choosing import (
    METHODS,
    Crossfit,
    choose,
    coded_rows,
    crossfit,
    naive_scores,
)

__all__ = [
    "METHODS",
    "Choice",
    "Crossfit",
    "area",
    "choose",
    "coded_rows",
    "crossfit",
    "naive_scores",
]
