"""The one decoder of training and serving: a file or a place in a container -> an RGB square.

A **reference** names a picture: a file's path, or `CONTAINER#KEY`, where the container is an
`.hdf5` or `.h5` file (the key is the dataset's name) or a `.tfrec` or `.tfrecord` file (the key
is the offset of the record in bytes). Every function here takes references; nothing but this
package resolves them.
"""

from mel.images import tfrecord
from mel.images.decoding import decode, decode_sizes
from mel.images.framing import Framing
from mel.images.measuring import Measure, measure
from mel.images.references import fetch, stamp

__all__ = [
    "Framing",
    "Measure",
    "decode",
    "decode_sizes",
    "fetch",
    "measure",
    "stamp",
    "tfrecord",
]
