"""From pictures to batches: decoded pixels, the order they are seen in, what is trained on.

Opening it imports neither TensorFlow nor numba: `training` and `batch_of` do, when they are called.
"""

from mel.cnn.feeding.examples import Examples, check_sources
from mel.cnn.feeding.order import fold_seed, steps_per_epoch
from mel.cnn.feeding.pictures import Pictures, open_pictures, prepare
from mel.cnn.feeding.reading import scoring
from mel.cnn.feeding.streaming import batch_of, named_faults, training

__all__ = [
    "Examples",
    "Pictures",
    "batch_of",
    "check_sources",
    "fold_seed",
    "named_faults",
    "open_pictures",
    "prepare",
    "scoring",
    "steps_per_epoch",
    "training",
]
