"""ImageTable -> Folds, and the proof that nothing leaks."""

from mel.folds.auditing import audit
from mel.folds.building import build, repeated
from mel.folds.comparison import compare
from mel.folds.components import groups
from mel.folds.findings import Audit
from mel.folds.holding_out import training_counts
from mel.folds.importing import read_map
from mel.folds.nesting import Inner, inner
from mel.folds.reporting import sheets, write_audit

__all__ = [
    "Audit",
    "Inner",
    "audit",
    "build",
    "compare",
    "groups",
    "inner",
    "read_map",
    "repeated",
    "sheets",
    "training_counts",
    "write_audit",
]
