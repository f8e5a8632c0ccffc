"""A competition's files -> an ImageTable: the only room that knows how Kaggle lays things out.

`load` reads a competition that is on disk, `synth` writes a synthetic one, and `source_digest`
tells cheaply whether what `load` would read has changed. `prepare` decodes all images once into
TFRecords of several sizes, and `repath` points a table to them. `explore` shows what is in the
data and what a model could cheat with. `bundle` packs what a notebook without internet needs.

Two use the network, each by a program of its own: `download` calls Kaggle's client, `bundle` pip;
`mel.kaggle.client` is that part, for submissions too.
"""

from mel.kaggle.competition import Competition, load, source_digest
from mel.kaggle.downloading import Downloaded, download
from mel.kaggle.duplicates import find as find_duplicates
from mel.kaggle.exploring import Exploration, explore
from mel.kaggle.offline import Packed, bundle
from mel.kaggle.preparing import Preparation, Prepared, prepare, repath
from mel.kaggle.synthetic import synth

__all__ = [
    "Competition",
    "Downloaded",
    "Exploration",
    "Packed",
    "Preparation",
    "Prepared",
    "bundle",
    "download",
    "explore",
    "find_duplicates",
    "load",
    "prepare",
    "repath",
    "source_digest",
    "synth",
]
