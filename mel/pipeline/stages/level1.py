"""What the stack and the blend learn from: the networks, and members scored elsewhere."""

from collections.abc import Mapping
from pathlib import Path

from mel.config import Recipe
from mel.pipeline.folder import Work
from mel.predictions import Predictions
from mel.tables import Folds

__all__ = ["level1", "level1_stages", "read_scores"]

Scores = tuple[list[Predictions], list[Predictions]]


def level1(recipe: Recipe, work: Work) -> dict[str, Path]:
    """Give the folder of every member of a recipe, by its name."""
    networks = {name: work.cnn(name) for name in recipe.names}
    return networks | {member.name: work.imported(member.name) for member in recipe.imported}


def level1_stages(recipe: Recipe) -> list[str]:
    """Give the names of the stages that make or hold them."""
    imported = [f"imported/{member.name}" for member in recipe.imported]
    return [*(f"cnn/{name}" for name in recipe.names), *imported]


def read_scores(members: Mapping[str, Path], folds: Folds) -> Scores:
    """Read the out-of-fold and the test scores of members.

    Foreign ones are let in here: their stage is not done unless the recipe allows it.
    """
    oof, test = (
        [Predictions.read(folder / f"{kind}.parquet").admit(folds) for folder in members.values()]
        for kind in ("oof", "test")
    )
    return oof, test
