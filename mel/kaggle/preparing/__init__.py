"""Originals -> TFRecords at several sizes: decoded once, in shards, found again by image_id."""

from mel.kaggle.preparing.index import Prepared, repath
from mel.kaggle.preparing.making import PrepareOptions, prepare
from mel.kaggle.preparing.summary import BrokenImagesError, Preparation

__all__ = ["BrokenImagesError", "Preparation", "PrepareOptions", "Prepared", "prepare", "repath"]
