"""Fitting: which rows may fit what, all learners of a fold, and what is chosen inside it."""

from mel.tabular.fitting.folding import FoldModel, fit_fold
from mel.tabular.fitting.plan import Mask, Plan

__all__ = ["FoldModel", "Mask", "Plan", "fit_fold"]
