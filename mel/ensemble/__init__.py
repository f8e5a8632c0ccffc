"""Predictions of several members in, one rank blend out, with an honest account of its worth."""

from mel.ensemble.artefact import Blend
from mel.ensemble.blending import Blended, blend, report
from mel.ensemble.calibration import Calibration
from mel.ensemble.importing import ImportOptions, import_scores, same_partition
from mel.ensemble.operating import OperatingPoint, Share

__all__ = [
    "Blend",
    "Blended",
    "Calibration",
    "ImportOptions",
    "OperatingPoint",
    "Share",
    "blend",
    "import_scores",
    "report",
    "same_partition",
]
