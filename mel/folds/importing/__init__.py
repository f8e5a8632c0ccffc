"""Fold maps from elsewhere."""

from mel.folds.importing.maps import FOLD_COLUMNS, ID_COLUMNS, read_map

__all__ = ["FOLD_COLUMNS", "ID_COLUMNS", "read_map"]
