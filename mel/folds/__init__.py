"""ImageTable -> Folds, and the proof that nothing leaks."""

from mel.folds.auditing import Audit, audit
from mel.folds.building import build
from mel.folds.components import groups

__all__ = ["Audit", "audit", "build", "groups"]
