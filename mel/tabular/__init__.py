"""tabular: metadata and the members' out-of-fold scores -> LightGBM -> predictions.

`train` fits one LightGBM a fold and writes a stack, `load` reads it and scores new images with
the same feature code. LightGBM is imported when first needed.
"""

from mel.tabular.features import FeatureList
from mel.tabular.fit import train
from mel.tabular.stack import Stack, load

__all__ = ["FeatureList", "Stack", "load", "train"]
