"""A competition's files -> an ImageTable: the only room that knows how Kaggle lays things out.

`load` reads a competition that is on disk, `synth` writes a synthetic one, and `source_digest`
tells cheaply whether what `load` would read has changed. `prepare` decodes all images once into
TFRecords of several sizes, and `repath` points a table to them. Nothing here uses the network or
Kaggle's own client.
"""

from mel.kaggle.competition import Competition, load, source_digest
from mel.kaggle.preparing import Preparation, Prepared, prepare, repath
from mel.kaggle.synthetic import synth

__all__ = [
    "Competition",
    "Preparation",
    "Prepared",
    "load",
    "prepare",
    "repath",
    "source_digest",
    "synth",
]
