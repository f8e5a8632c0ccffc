"""Fold maps made: groups dealt evenly, held out by a column, parted within what trains a fold."""

from mel.folds.making.building import METHOD, build, repeated
from mel.folds.making.holding_out import training_counts
from mel.folds.making.nesting import Inner, inner

__all__ = ["METHOD", "Inner", "build", "inner", "repeated", "training_counts"]
