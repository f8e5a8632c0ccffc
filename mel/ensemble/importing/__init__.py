"""Anybody's out-of-fold and submission scores -> Predictions."""

from mel.ensemble.importing.comparing import same_partition
from mel.ensemble.importing.making import ImportOptions, import_scores

__all__ = ["ImportOptions", "import_scores", "same_partition"]
