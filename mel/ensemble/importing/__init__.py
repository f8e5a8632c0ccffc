"""Anybody's out-of-fold and submission scores -> Predictions."""

from mel.ensemble.importing.comparing import same_partition
from mel.ensemble.importing.making import import_scores

__all__ = ["import_scores", "same_partition"]
