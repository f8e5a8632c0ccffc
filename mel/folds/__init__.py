"""ImageTable -> Folds, and the proof that nothing leaks."""

from mel.folds.components import groups
from mel.folds.importing import has_folds, read_map
from mel.folds.making import Inner, build, inner, repeated, training_counts
from mel.folds.proving import Audit, audit, compare, sheets, write_audit

__all__ = [
    "Audit",
    "Inner",
    "audit",
    "build",
    "compare",
    "groups",
    "has_folds",
    "inner",
    "read_map",
    "repeated",
    "sheets",
    "training_counts",
    "write_audit",
]
