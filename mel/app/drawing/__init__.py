"""Small drawings: one mole's risk, and what the model is worth."""

from mel.app.drawing.ink import pictured
from mel.app.drawing.plots import curve, forest, reliability
from mel.app.drawing.risk import bars, drawn, scale

__all__ = ["bars", "curve", "drawn", "forest", "pictured", "reliability", "scale"]
