"""From a work folder's blend to one file that scores new images: gathered, measured, compared."""

from mel.pipeline.bundling.asking import Wanted
from mel.pipeline.bundling.making import Bundled, ensemble_bundle

__all__ = ["Bundled", "Wanted", "ensemble_bundle"]
