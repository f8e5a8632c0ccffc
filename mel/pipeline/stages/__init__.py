"""The order of the stages: what each is made from, and by which room."""

from pathlib import Path

from mel.config import Recipe
from mel.pipeline.folder import Work
from mel.pipeline.stage import Stage
from mel.pipeline.stages.data import folds_stage, load_stage
from mel.pipeline.stages.imported import imported_stage
from mel.pipeline.stages.last import submission, submit_stage
from mel.pipeline.stages.level2 import ensemble_stage, tabular_stage
from mel.pipeline.stages.members import cnn_stage

__all__ = ["stages", "submission"]


def stages(recipe: Recipe, work: Work, data: Path | None = None) -> list[Stage]:
    """Give a recipe's stages in order; none is run and nothing is read.

    A recipe without members has no more than the images and the folds.
    """
    first = [load_stage(recipe, work, data), folds_stage(recipe, work)]
    if not recipe.level1:
        return first
    return [
        *first,
        *(imported_stage(member, work) for member in recipe.imported),
        *(cnn_stage(member, work) for member in recipe.cnn),
        tabular_stage(recipe, work),
        ensemble_stage(recipe, work),
        submit_stage(recipe, work),
    ]
