"""Scoring with a bundle: the whole stacked ensemble on any images, without TensorFlow.

>>> from mel.submit.scoring import Scorer
>>> callable(Scorer.open)
True
"""

from mel.submit.scoring.asking import CHOICES, Asked, check_variant
from mel.submit.scoring.engine import Answer, Engine, Graph, Network
from mel.submit.scoring.judging import Judged
from mel.submit.scoring.looked import Looked
from mel.submit.scoring.member import Member
from mel.submit.scoring.scorer import Scorer

__all__ = [
    "CHOICES",
    "Answer",
    "Asked",
    "Engine",
    "Graph",
    "Judged",
    "Looked",
    "Member",
    "Network",
    "Scorer",
    "check_variant",
]
