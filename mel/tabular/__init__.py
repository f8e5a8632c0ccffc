"""tabular: metadata and the members' out-of-fold scores -> level-2 models -> predictions.

`train` fits a stack in two variants, with patient context and without, `load` reads it and scores
new images with the same feature code, `nested` tells what it is honestly worth. LightGBM and
scikit-learn are imported when first needed.
"""

from mel.tabular.checking import check_settings
from mel.tabular.features import VARIANTS, FeatureList, describe
from mel.tabular.importance import importance_figure, read_importance
from mel.tabular.nesting import Nested, nested, require_nestable, write_nested
from mel.tabular.stack import Stack, load
from mel.tabular.training import train

__all__ = [
    "VARIANTS",
    "FeatureList",
    "Nested",
    "Stack",
    "check_settings",
    "describe",
    "importance_figure",
    "load",
    "nested",
    "read_importance",
    "require_nestable",
    "train",
    "write_nested",
]
