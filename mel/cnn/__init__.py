"""The CNN room: backbones x sizes x folds -> Predictions.

Nothing here imports TensorFlow: training and scoring run in child processes of their own, one a
fold, which take all their memory with them when they end.
"""

from mel.cnn.answering import Answering, digest_checkpoint
from mel.cnn.backbones import Backbone, backbone, backbones, check_weights, digest_weights
from mel.cnn.doctor import Checkup, doctor
from mel.cnn.explain import Explanation, explain
from mel.cnn.export import export
from mel.cnn.exporting import Exported
from mel.cnn.jobs.done import gap, scored_in
from mel.cnn.jobs.recipe import read_recipe
from mel.cnn.jobs.vetting import check_member
from mel.cnn.member import train
from mel.cnn.predict import predict
from mel.cnn.previewing import preview
from mel.cnn.reporting import report

__all__ = [
    "Answering",
    "Backbone",
    "Checkup",
    "Explanation",
    "Exported",
    "backbone",
    "backbones",
    "check_member",
    "check_weights",
    "digest_checkpoint",
    "digest_weights",
    "doctor",
    "explain",
    "export",
    "gap",
    "predict",
    "preview",
    "read_recipe",
    "report",
    "scored_in",
    "train",
]
