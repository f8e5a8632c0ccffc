"""Fold maps from elsewhere."""

from mel.folds.importing.maps import has_folds, read_map

__all__ = ["has_folds", "read_map"]
