"""What is asked of a stack that is there: its nested AUC, and what its features are worth."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from mel import tabular
from mel.config import Recipe
from mel.files import read_header, write_bytes, write_text
from mel.pipeline.folder import AnyPath, Work
from mel.pipeline.running import opened
from mel.pipeline.single import only
from mel.pipeline.stages.level1 import level1, read_scores
from mel.pipeline.standing import standing

__all__ = ["Weighed", "tabular_importance", "tabular_nested", "tabular_train", "variants"]


@dataclass(frozen=True)
class Weighed:
    """A stack's importances, the largest first, and the figures of them.

    table: variant, learner, feature, gain (a share, from 0 to 1) and shap (mean size, in log-odds).
    files: the figures, SVG and PNG of each variant.

    >>> columns = {"variant": "single", "learner": "lightgbm", "feature": ["age", "site"]}
    >>> table = pl.DataFrame(columns | {"gain": [0.7, 0.3], "shap": [0.21, 0.08]})
    >>> Weighed(table, ()).top(1).rows()
    [('single', 'lightgbm', 'age', 0.7, 0.21)]
    """

    table: pl.DataFrame
    files: tuple[Path, ...]

    def top(self, count: int) -> pl.DataFrame:
        """Give the first `count` features of each learner: variant, learner, feature, gain, shap.

        Gain is a share, SHAP in log-odds; what a learner does not know is null.
        """
        return self.table.group_by("variant", "learner", maintain_order=True).head(count)


def tabular_train(
    recipe: Recipe | AnyPath, work: AnyPath, *, nested: bool = False
) -> dict[str, list[dict[str, Any]]]:
    """Train the stack of a recipe on the members' folds, with patient context and without.

    Gives `variants`, the rows of the function of that name, and with `nested` those of
    `tabular_nested`. A stack that is there and current is not fitted anew. Raises MelError when a
    stage before is missing or stale, and with `nested` for fewer than three folds, before anything
    is fitted.

    >>> found = tabular_train("tiny", "work/demo")
    >>> [(row["variant"], row["blended"]) for row in found["variants"]]
    [('context', True), ('single', False)]
    """
    if nested:
        _require_nestable(opened(recipe)[0], Work(Path(work)))
    only(recipe, work, "tabular")
    told = {"variants": variants(recipe, work)}
    return told | {"nested": tabular_nested(recipe, work)} if nested else told


def _require_nestable(recipe: Recipe, place: Work) -> None:
    """Refuse too few folds, those that are there or else that there will be, if that is known."""
    place.required()
    if place.folds.is_file():
        tabular.require_nestable(int(read_header(place.folds, "folds")["n_folds"]))
    elif recipe.folds.map is None and recipe.folds.scheme == "groups":
        tabular.require_nestable(recipe.folds.n_folds)


def variants(recipe: Recipe | AnyPath, work: AnyPath) -> list[dict[str, Any]]:
    """Give a row for each variant of a stack: its out-of-fold AUC, and whether it is blended.

    Keys: variant, pooled, fold_mean, low, high (95 %, by resampled patients), blended. Raises
    MelError while the stack is missing or stale.

    >>> rows = variants("tiny", "work/demo")
    >>> [row["variant"] for row in rows], list(rows[0])
    (['context', 'single'], ['variant', 'pooled', 'fold_mean', 'low', 'high', 'blended'])
    """
    found, _, folder = standing(recipe, work, "tabular")
    metric = read_header(folder / "oof.parquet", "predictions")["metric"]
    return [
        {"variant": name, **_auc(one), "blended": name == found.tabular.scores}
        for name, one in metric["variants"].items()
    ]


def tabular_nested(recipe: Recipe | AnyPath, work: AnyPath) -> list[dict[str, Any]]:
    """Refit the stack inside each outer fold; give a row for each variant and kind of AUC.

    Keys: variant, kind (naive, oof or honest), pooled, fold_mean, low and high. Writes nested.json
    into the stack's folder, where the next training of the stack removes it. Raises MelError while
    the stack is missing or stale, and for fewer than three folds.

    >>> tabular_nested("tiny", "work/demo")
    Traceback (most recent call last):
    mel.errors.MelError: nested: needs 3 folds or more, these are 2; build more
    """
    found, place, folder = standing(recipe, work, "tabular")
    header = read_header(folder / "oof.parquet", "predictions")
    with place.locked():
        fold_map = place.parted()
        members, _ = read_scores(level1(found, place), fold_map)
        made = tabular.nested(
            place.loaded(), fold_map, members, found.tabular, tabular.load(folder)
        )
        content = tabular.write_nested(
            folder / "nested.json", made, header["metric"]["variants"], header["inputs"]
        )
    return [
        {"variant": name, "kind": kind, **_auc(kinds[kind])}
        for name, kinds in content["variants"].items()
        for kind in ("naive", "oof", "honest")
    ]


def _auc(one: dict[str, float]) -> dict[str, float]:
    return {key: one[key] for key in ("pooled", "fold_mean", "low", "high")}


def tabular_importance(recipe: Recipe | AnyPath, work: AnyPath) -> Weighed:
    """Give what each feature is worth to the stack, and draw it for both variants.

    Writes importance-context.svg, importance-single.svg and the same as PNG into the stack's
    folder. Raises MelError while the stack is missing or stale.

    >>> found = tabular_importance("tiny", "work/demo")
    >>> found.table.columns, len(found.files)
    (['variant', 'learner', 'feature', 'gain', 'shap'], 4)
    """
    _, place, folder = standing(recipe, work, "tabular")
    table, files = tabular.read_importance(folder), []
    with place.locked():
        for variant in tabular.VARIANTS:
            drawn = tabular.importance_figure(table, variant, png=True)
            files += [folder / f"importance-{variant}.{kind}" for kind in ("svg", "png")]
            write_text(files[-2], drawn.svg)
            write_bytes(files[-1], drawn.png)
    return Weighed(table, tuple(files))
