"""The stages that learn from scores: the stack, and the blend over it."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from mel import ensemble, tabular
from mel.config import Recipe
from mel.pipeline.folder import Work
from mel.pipeline.stage import Stage, base_inputs, digest_of, refusal
from mel.predictions import Predictions
from mel.tables import Folds

__all__ = ["ensemble_stage", "tabular_stage"]

Scores = tuple[list[Predictions], list[Predictions]]


def tabular_stage(recipe: Recipe, work: Work) -> Stage:
    """Give the stage that fits the stack."""
    out = work.tabular(recipe.tabular.name)
    members = {name: work.cnn(name) for name in recipe.names}

    def make() -> object:
        table, fold_map = work.loaded(), Folds.read(work.folds)
        return tabular.train(table, fold_map, *_scores(members), recipe.tabular, out)

    return Stage(
        f"tabular/{recipe.tabular.name}",
        f"mel tabular train RECIPE --work {work.root}",
        (out / "oof.parquet", out / "test.parquet", out / "features.json"),
        (out / "oof.parquet", out / "test.parquet"),
        partial(_with_members, work, recipe.tabular.digest, members),
        make,
        ("load", "folds", *(f"cnn/{name}" for name in members)),
        fault=partial(refusal, partial(tabular.load, out)),
    )


def ensemble_stage(recipe: Recipe, work: Work) -> Stage:
    """Give the stage that blends the networks and the stack."""
    out = work.ensemble(recipe.ensemble.name)
    members = {name: work.cnn(name) for name in recipe.names}
    members[recipe.tabular.name] = work.tabular(recipe.tabular.name)

    def make() -> object:
        table, fold_map = work.loaded(), Folds.read(work.folds)
        return ensemble.blend(table, fold_map, *_scores(members), recipe.ensemble, out)

    files = ("oof.parquet", "test.parquet", "blend.json", "report.html")
    return Stage(
        f"ensemble/{recipe.ensemble.name}",
        f"mel ensemble blend RECIPE --work {work.root}",
        tuple(out / name for name in files),
        (out / "oof.parquet", out / "test.parquet"),
        partial(_with_members, work, recipe.ensemble.digest, members),
        make,
        ("load", "folds", *(f"cnn/{name}" for name in recipe.names), _name(recipe)),
        fault=partial(refusal, partial(ensemble.Blend.read, out / "blend.json")),
    )


def _name(recipe: Recipe) -> str:
    return f"tabular/{recipe.tabular.name}"


def _scores(members: Mapping[str, Path]) -> Scores:
    oof = [Predictions.read(folder / "oof.parquet") for folder in members.values()]
    return oof, [Predictions.read(folder / "test.parquet") for folder in members.values()]


def _with_members(work: Work, settings: str, members: Mapping[str, Path]) -> dict[str, str]:
    scores = {
        f"{name}/{kind}": digest_of(folder / f"{kind}.parquet")
        for name, folder in members.items()
        for kind in ("oof", "test")
    }
    return base_inputs(work, settings) | scores
