"""Predictions of several members in, one rank blend out, with an honest account of its worth."""

from mel.ensemble.artefact import Blend
from mel.ensemble.blending import Blended, blend

__all__ = ["Blend", "Blended", "blend"]
