"""What a bundle is made of: a standing blend, its other variant, and the members both need."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from mel import ensemble, tabular
from mel.config import Recipe
from mel.errors import MelError, near
from mel.files import read_json
from mel.pipeline.bundling.asking import Wanted
from mel.pipeline.folder import AnyPath, Work
from mel.pipeline.stages.level1 import level1, read_scores
from mel.pipeline.standing import standing
from mel.predictions import Predictions
from mel.progress import say
from mel.tables import Folds, ImageTable
from mel.tabular import VARIANTS

__all__ = ["Gathered", "Variant", "gather"]


@dataclass(frozen=True)
class Variant:
    """A variant of the stack with its blend, every number of the blend's report, and its scores.

    `oof` has image_id and score: the blend's honest out-of-fold scores. They go into no bundle.
    """

    blend: ensemble.Blend
    evaluation: Mapping[str, Any]
    oof: pl.DataFrame


@dataclass(frozen=True)
class Gathered:
    """What stands in a work folder and goes into a bundle.

    `main` is the variant whose scores the work folder's blend takes, `variants` has both.
    `members` are the networks that are needed; `stack` is the stack's name, empty where no blend
    gives it a weight.
    """

    recipe: Recipe
    work: Work
    table: ImageTable
    folds: Folds
    main: str
    variants: Mapping[str, Variant]
    members: tuple[str, ...]
    stack: str

    @property
    def stack_folder(self) -> Path:
        """Where the stack lies."""
        return self.work.tabular(self.recipe.tabular.name)


def gather(work: AnyPath, wanted: Wanted) -> Gathered:
    """Find what a bundle needs; the blend of the variant that the work folder lacks is made.

    Raises MelError for a blend that is missing, stale or not the recipe's, and for one that needs
    a member whose scores were made elsewhere.
    """
    place = Work(Path(work))
    place.required()
    recipe = Recipe.read(place.recipe) if place.recipe.is_file() else _no_recipe(place)
    if wanted.blend not in (None, recipe.ensemble.name):
        known = near(str(wanted.blend), [recipe.ensemble.name])
        raise MelError(f"{work}: its recipe makes no blend {wanted.blend!r}; {known}")
    found, _, folder = standing(recipe, place.root, "ensemble")
    table, folds = place.loaded(), place.parted()
    variants = _variants(found, place, folder, table, folds)
    stack = tabular.load(place.tabular(found.tabular.name))
    names = {name for variant in variants.values() for name in variant.blend.members}
    used = found.tabular.name if found.tabular.name in names else ""
    needed = (names - {used}) | set(stack.members if used else ())
    _refuse_imported(found, needed, used)
    _refuse_shortcuts(found, used)
    members = tuple(name for name in found.names if name in needed)
    return Gathered(found, place, table, folds, found.tabular.scores, variants, members, used)


def _no_recipe(place: Work) -> Recipe:
    raise MelError(f"{place.recipe}: no such file; mel run RECIPE --work {place.root} keeps it")


def _variants(
    recipe: Recipe, place: Work, folder: Path, table: ImageTable, folds: Folds
) -> dict[str, Variant]:
    """Read the blend that is there, and make the one over the stack's other variant."""
    found: dict[str, Variant] = {}
    for name in VARIANTS:
        if name == recipe.tabular.scores:
            blend = ensemble.Blend.read(folder / "blend.json")
            oof = Predictions.read(folder / "oof.parquet").frame
            found[name] = Variant(blend, read_json(folder / "evaluation.json"), oof)
        else:
            say(f"bundle: blending over the stack's variant {name!r} as well")
            made = _blended(recipe, place, name, table, folds)
            found[name] = Variant(made.blend, made.evaluation.as_dict(), made.oof.frame)
    return found


def _blended(
    recipe: Recipe, place: Work, variant: str, table: ImageTable, folds: Folds
) -> ensemble.Blended:
    """Blend all members by the recipe's settings, over one variant of the stack."""
    oof, test = read_scores(level1(recipe, place), folds)
    name = recipe.tabular.name
    for scores, kind in ((oof, "oof"), (test, "test")):
        stacked = Predictions.read(place.tabular(name) / variant / f"{kind}.parquet")
        scores.append(replace(stacked, name=name))  # in each blend, it is the stack
    return ensemble.blend(table, folds, oof, test, recipe.ensemble)


def _refuse_imported(recipe: Recipe, needed: set[str], stack: str) -> None:
    for member in recipe.imported:
        if member.name in needed:
            user = f"the stack {stack} uses it" if stack else "the blend gives it a weight"
            raise MelError(
                f"{member.name}: its scores were made elsewhere, so there is no network that could "
                f"score a new image, and {user}; take it out of the recipe and run it again"
            )


def _refuse_shortcuts(recipe: Recipe, stack: str) -> None:
    if stack and recipe.tabular.shortcuts:
        raise MelError(
            f"{stack}: reads {', '.join(recipe.tabular.shortcuts)}, which tell the clinic's camera "
            "and mean nothing on pictures from elsewhere; train it without tabular.shortcuts"
        )
