"""The stages that learn from scores: the stack, and the blend over it."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from mel import ensemble, tabular
from mel.config import Recipe
from mel.pipeline.exhibits import importance_exhibits
from mel.pipeline.folder import Work
from mel.pipeline.stage import Stage, base_inputs, digest_of, refusal
from mel.pipeline.stages.level1 import level1, level1_stages, read_scores
from mel.tables import Folds

__all__ = ["ensemble_stage", "tabular_stage"]


def tabular_stage(recipe: Recipe, work: Work) -> Stage:
    """Give the stage that fits the stack."""
    out = work.tabular(recipe.tabular.name)
    members = level1(recipe, work)

    def make() -> object:
        table, fold_map = work.loaded(), Folds.read(work.folds)
        return tabular.train(table, fold_map, *read_scores(members, fold_map), recipe.tabular, out)

    return Stage(
        f"tabular/{recipe.tabular.name}",
        f"mel tabular train RECIPE --work {work.root}",
        (out / "oof.parquet", out / "test.parquet", out / "stack.json"),
        (out / "oof.parquet", out / "test.parquet"),
        partial(_with_members, work, recipe.tabular.digest, members),
        make,
        ("load", "folds", *level1_stages(recipe)),
        fault=partial(refusal, partial(tabular.load, out)),
    )


def ensemble_stage(recipe: Recipe, work: Work) -> Stage:
    """Give the stage that blends the networks and the stack."""
    out = work.ensemble(recipe.ensemble.name)
    members = level1(recipe, work)
    members[recipe.tabular.name] = work.tabular(recipe.tabular.name)

    def make() -> object:
        table, fold_map = work.loaded(), Folds.read(work.folds)
        scores = read_scores(members, fold_map)
        shown = importance_exhibits(recipe, work)
        return ensemble.blend(table, fold_map, *scores, recipe.ensemble, out, exhibits=shown)

    files = ("oof.parquet", "test.parquet", "blend.json", "report.html")
    return Stage(
        f"ensemble/{recipe.ensemble.name}",
        f"mel ensemble blend RECIPE --work {work.root}",
        tuple(out / name for name in files),
        (out / "oof.parquet", out / "test.parquet"),
        partial(_with_members, work, recipe.ensemble.digest, members),
        make,
        ("load", "folds", *level1_stages(recipe), _name(recipe)),
        fault=partial(refusal, partial(ensemble.Blend.read, out / "blend.json")),
    )


def _name(recipe: Recipe) -> str:
    return f"tabular/{recipe.tabular.name}"


def _with_members(work: Work, settings: str, members: Mapping[str, Path]) -> dict[str, str]:
    scores = {
        f"{name}/{kind}": digest_of(folder / f"{kind}.parquet")
        for name, folder in members.items()
        for kind in ("oof", "test")
    }
    return base_inputs(work, settings) | scores
