"""The proof: what a blend is worth, whether it was worth its weights, and what its score means.

Each module below answers one question and knows no method: ways of blending come as functions
from rows to honest scores. Whatever is chosen here, a way, a curve or a threshold, is judged on
folds that had no part in the choice.
"""

from mel.ensemble.proof.aiming import LADDER, operate
from mel.ensemble.proof.calibrating import Calibrated, calibrate
from mel.ensemble.proof.comparing import Comparison, Measure, compare_scores
from mel.ensemble.proof.deciding import Decision, Way, decide
from mel.ensemble.proof.drift import Drift, drift
from mel.ensemble.proof.groups import Group, groups
from mel.ensemble.proof.parts import Honest, nested
from mel.ensemble.proof.proving import Proof, Ways, prove
from mel.ensemble.proof.worth import Worth, worths

__all__ = [
    "LADDER",
    "Calibrated",
    "Comparison",
    "Decision",
    "Drift",
    "Group",
    "Honest",
    "Measure",
    "Proof",
    "Way",
    "Ways",
    "Worth",
    "calibrate",
    "compare_scores",
    "decide",
    "drift",
    "groups",
    "nested",
    "operate",
    "prove",
    "worths",
]
