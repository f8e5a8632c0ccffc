"""Fitting: which rows may fit what, all learners of a fold, and what is chosen inside it."""

from mel.tabular.fitting.folding import FoldModel, fit_fold
from mel.tabular.fitting.plan import Plan

__all__ = ["FoldModel", "Plan", "fit_fold"]
