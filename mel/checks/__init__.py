"""What a frame must hold before anything may trust it: columns, types, ids, known words."""

from mel.checks.columns import as_text, cast_columns, require_columns
from mel.checks.ids import as_ids, is_missing, require_unique
from mel.checks.images import check_images
from mel.checks.words import AXES, IMAGES, OLDEST_AGE, SEXES, SITES, SPLITS

__all__ = [
    "AXES",
    "IMAGES",
    "OLDEST_AGE",
    "SEXES",
    "SITES",
    "SPLITS",
    "as_ids",
    "as_text",
    "cast_columns",
    "check_images",
    "is_missing",
    "require_columns",
    "require_unique",
]
