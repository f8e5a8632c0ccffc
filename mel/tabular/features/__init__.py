"""The features of the stack, a module a kind: what each counts, and why it leaks nothing.

Everything that a feature of an image is made of is stored with the stack or lies in this image's
and, with patient context, its patient's rows: one image, or one patient, alone has the features
it has in any batch.
"""

from mel.tabular.features.choosing import VARIANTS, Variant, features_of
from mel.tabular.features.describing import Described, describe
from mel.tabular.features.listing import FeatureList
from mel.tabular.features.matrix import Matrix
from mel.tabular.features.rows import Rows, own_percentiles
from mel.tabular.features.stored import Floats, Norms, Reader, Stored

__all__ = [
    "VARIANTS",
    "Described",
    "FeatureList",
    "Floats",
    "Matrix",
    "Norms",
    "Reader",
    "Rows",
    "Stored",
    "Variant",
    "describe",
    "features_of",
    "own_percentiles",
]
