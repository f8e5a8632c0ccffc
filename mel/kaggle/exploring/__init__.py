"""The exploratory analysis: what is in a competition's files, and what a model could cheat with.

`explore` counts, measures and audits, and writes one self-contained page with its figures.
"""

from mel.kaggle.exploring.making import Exploration, explore

__all__ = ["Exploration", "explore"]
