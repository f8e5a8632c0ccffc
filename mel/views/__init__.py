"""Views of an image, and the one score they make: the same code in training and in serving."""

from mel.views.averaging import Reference, average, probability, reference
from mel.views.looking import View, enlarge, seen, views
from mel.views.references import read_reference, write_reference

__all__ = [
    "Reference",
    "View",
    "average",
    "enlarge",
    "probability",
    "read_reference",
    "reference",
    "seen",
    "views",
    "write_reference",
]
