"""The work folder and the order of the stages: a recipe in, a checked submission out."""

from mel.pipeline.auditing import audit, audit_folder, import_map
from mel.pipeline.batches import score_by_keras
from mel.pipeline.blending import blend_report
from mel.pipeline.bundling import Bundled, Wanted, bundle
from mel.pipeline.doctoring import doctor
from mel.pipeline.duplicates import Copies, find_copies
from mel.pipeline.exploring import explore
from mel.pipeline.exporting import export
from mel.pipeline.folder import Work
from mel.pipeline.folding import inner_folds, repeat_folds, training
from mel.pipeline.imported import Imported
from mel.pipeline.importing import import_scores
from mel.pipeline.inferring import infer
from mel.pipeline.offline import kaggle_bundle
from mel.pipeline.predicting import predict, report
from mel.pipeline.preparing import prepare
from mel.pipeline.previewing import preview
from mel.pipeline.recipes import embedded
from mel.pipeline.running import demo, plan, run, status
from mel.pipeline.scores import Score
from mel.pipeline.showing import demo_bundle
from mel.pipeline.single import check, counts, facts, members, only, submit_from, train_members
from mel.pipeline.source import unmapped
from mel.pipeline.stacking import Weighed, importance, nested, variants
from mel.pipeline.stage import State
from mel.pipeline.summary import Summary

__all__ = [
    "Bundled",
    "Copies",
    "Imported",
    "Score",
    "State",
    "Summary",
    "Wanted",
    "Weighed",
    "Work",
    "audit",
    "audit_folder",
    "blend_report",
    "bundle",
    "check",
    "counts",
    "demo",
    "demo_bundle",
    "doctor",
    "embedded",
    "explore",
    "export",
    "facts",
    "find_copies",
    "import_map",
    "import_scores",
    "importance",
    "infer",
    "inner_folds",
    "kaggle_bundle",
    "members",
    "nested",
    "only",
    "plan",
    "predict",
    "prepare",
    "preview",
    "repeat_folds",
    "report",
    "run",
    "score_by_keras",
    "status",
    "submit_from",
    "train_members",
    "training",
    "unmapped",
    "variants",
]
