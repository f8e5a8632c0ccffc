"""The proof that a fold map does not leak, and what it weighs; shares no code with the making."""

from mel.folds.proving.auditing import audit
from mel.folds.proving.comparison import compare
from mel.folds.proving.findings import Audit
from mel.folds.proving.reporting import sheets, write_audit

__all__ = ["Audit", "audit", "compare", "sheets", "write_audit"]
