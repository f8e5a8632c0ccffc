"""What a notebook without internet needs: wheels, weights, recipe, and the notebooks themselves.

`bundle` puts it into a folder to be uploaded by Kaggle's client. Only this part calls pip.
"""

from mel.kaggle.offline.bundling import BundleOptions, bundle
from mel.kaggle.offline.image import Image, read_image
from mel.kaggle.offline.metadata import ACCELERATORS
from mel.kaggle.offline.packed import Packed

__all__ = ["ACCELERATORS", "BundleOptions", "Image", "Packed", "bundle", "read_image"]
