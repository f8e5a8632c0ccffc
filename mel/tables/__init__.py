"""ImageTable and Folds: the two tables everything else is joined to, by image_id."""

from mel.checks import SEXES, SITES, SPLITS
from mel.tables.folds import Folds
from mel.tables.images import ImageTable, as_table

__all__ = ["SEXES", "SITES", "SPLITS", "Folds", "ImageTable", "as_table"]
