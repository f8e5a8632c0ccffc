"""The stages before any model: a competition's files -> images -> folds."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from mel import folds, kaggle
from mel.config import Recipe
from mel.errors import MelError
from mel.files import digest_file
from mel.pipeline.auditing import folds_audit, leaks
from mel.pipeline.folder import Work
from mel.pipeline.source import keep_source, source_fault
from mel.pipeline.stage import Stage, digest_of, recorded
from mel.progress import say
from mel.tables import Folds, ImageTable

__all__ = ["folds_stage", "load_stage"]


def load_stage(recipe: Recipe, work: Work, data: Path | None) -> Stage:
    """Give the stage that reads a competition's files."""

    def inputs() -> Mapping[str, str]:
        known = recorded(work.images) if data is None else {}
        source = known.get("data", "") if data is None else kaggle.source_digest(recipe.data, data)
        return {"data": source, "settings": recipe.data.digest}

    return Stage(
        "load",
        f"mel kaggle load RECIPE --data DIR --work {work.root}",
        (work.images, work.sample, work.load),
        (work.images,),
        inputs,
        partial(_make_images, recipe, work, data),
        fault=partial(source_fault, work),
        aside=True,
    )


def _make_images(recipe: Recipe, work: Work, data: Path | None) -> None:
    if data is None:
        fault = source_fault(work) if work.images.exists() and work.load.exists() else ""
        reason = fault or f"no images loaded with the settings of recipe {recipe.name}"
        raise MelError(
            f"{work.root}: {reason}; give --data DIR, the folder of the competition's files"
        )
    keep_source(kaggle.load(recipe.data, data, work.root / "cache"), work)


def folds_stage(recipe: Recipe, work: Work) -> Stage:
    """Give the stage that assigns train images to folds, or takes the recipe's own fold map."""
    outputs = (work.folds,)
    return Stage(
        "folds",
        f"mel folds build RECIPE --work {work.root}",
        outputs,
        outputs,
        partial(_folds_inputs, recipe, work),
        partial(_make_folds, recipe, work),
        ("load",),
    )


def _folds_inputs(recipe: Recipe, work: Work) -> Mapping[str, str]:
    inputs = {"images": digest_of(work.images), "settings": recipe.folds.digest}
    if recipe.folds.map is None:
        return inputs
    path = Path(recipe.folds.map)
    if not path.is_file():
        raise MelError(
            f"folds.map {recipe.folds.map}: no such file; give it absolute, or as it is reached "
            "from the present folder"
        )
    return inputs | {"map": digest_file(path)[:16]}


def _make_folds(recipe: Recipe, work: Work) -> None:
    table, inputs = work.loaded(), _folds_inputs(recipe, work)
    if recipe.folds.map is None:
        found = folds.build(table, recipe.folds)
    else:
        found = _taken(recipe.folds.map, table, work)
    replace(found, inputs=dict(inputs)).write(work.folds)
    say(f"folds: {folds_audit(work, compare=False).verdict}")


def _taken(path: str, table: ImageTable, work: Work) -> Folds:
    """Read the fold map that a recipe names; refuse one that leaks, be it by a chain or a copy."""
    found = folds.read_map(path, table)
    found.matches(table)
    if leaking := leaks(work, table, found):
        raise MelError(
            f"{path}: {leaking[0]}: scores would leak; mel folds import {path} --work {work.root} "
            "lists them"
        )
    return found
