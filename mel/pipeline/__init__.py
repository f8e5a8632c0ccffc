"""The work folder and the order of the stages: a recipe in, a checked submission out.

Each command on a work folder is the function of its name: `mel folds audit` is `folds_audit`.
Their examples stand in the folder of `mel demo --tiny --work work/demo`.
"""

from mel.pipeline.auditing import audit_folder, folds_audit, folds_import
from mel.pipeline.batches import score_by_keras
from mel.pipeline.blending import ensemble_blend, ensemble_report
from mel.pipeline.bundling import Bundled, Wanted, ensemble_bundle
from mel.pipeline.doctoring import cnn_doctor
from mel.pipeline.duplicates import Copies, kaggle_duplicates
from mel.pipeline.exploring import kaggle_explore
from mel.pipeline.exporting import cnn_export
from mel.pipeline.folder import Work
from mel.pipeline.folding import Repeated, folds_build, folds_inner, folds_repeat, folds_training
from mel.pipeline.imported import Imported
from mel.pipeline.importing import ensemble_import
from mel.pipeline.inferring import infer
from mel.pipeline.loading import counts, facts, kaggle_load
from mel.pipeline.offline import kaggle_bundle
from mel.pipeline.predicting import cnn_predict, cnn_report
from mel.pipeline.preparing import kaggle_prepare
from mel.pipeline.previewing import cnn_preview
from mel.pipeline.recipes import embedded
from mel.pipeline.running import demo, plan, run, status
from mel.pipeline.scores import Score
from mel.pipeline.showing import app, demo_bundle
from mel.pipeline.single import only
from mel.pipeline.source import unmapped
from mel.pipeline.stacking import (
    Weighed,
    tabular_importance,
    tabular_nested,
    tabular_train,
    variants,
)
from mel.pipeline.stage import State
from mel.pipeline.submitting import submit_check, submit_make
from mel.pipeline.summary import Summary
from mel.pipeline.training import cnn_train, members

__all__ = [
    "Bundled",
    "Copies",
    "Imported",
    "Repeated",
    "Score",
    "State",
    "Summary",
    "Wanted",
    "Weighed",
    "Work",
    "app",
    "audit_folder",
    "cnn_doctor",
    "cnn_export",
    "cnn_predict",
    "cnn_preview",
    "cnn_report",
    "cnn_train",
    "counts",
    "demo",
    "demo_bundle",
    "embedded",
    "ensemble_blend",
    "ensemble_bundle",
    "ensemble_import",
    "ensemble_report",
    "facts",
    "folds_audit",
    "folds_build",
    "folds_import",
    "folds_inner",
    "folds_repeat",
    "folds_training",
    "infer",
    "kaggle_bundle",
    "kaggle_duplicates",
    "kaggle_explore",
    "kaggle_load",
    "kaggle_prepare",
    "members",
    "only",
    "plan",
    "run",
    "score_by_keras",
    "status",
    "submit_check",
    "submit_make",
    "tabular_importance",
    "tabular_nested",
    "tabular_train",
    "unmapped",
    "variants",
]
