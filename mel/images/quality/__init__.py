"""What the training pictures look like, and whether a new picture is sharp, lit and one of them.

`Looks.fit` measures a sample of the training pictures once; `Looks.check` compares a picture.
Only arithmetic on some forty numbers a picture: no network, nothing random, plain JSON to keep.
"""

from mel.images.quality.checking import WARNINGS, Quality
from mel.images.quality.looks import Looks
from mel.images.quality.measures import MEASURES, SIDE, measures

__all__ = ["MEASURES", "SIDE", "WARNINGS", "Looks", "Quality", "measures"]
