"""What is asked of a stack that is there: its nested AUC, and what its features are worth."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import polars as pl

from mel import tabular
from mel.config import Recipe
from mel.files import read_header, write_bytes, write_text
from mel.pipeline.folder import AnyPath
from mel.pipeline.stages.level1 import level1, read_scores
from mel.pipeline.standing import standing

__all__ = ["Weighed", "importance", "nested", "variants"]


@dataclass(frozen=True)
class Weighed:
    """A stack's importances, the largest first, and the figures of them."""

    COLUMNS: ClassVar = ("variant", "learner", "feature", "gain", "SHAP")

    table: pl.DataFrame
    files: tuple[Path, ...]

    def rows(self, top: int) -> list[tuple[str, ...]]:
        """Give the first `top` features of each learner as text; SHAP in log-odds."""
        best = self.table.group_by("variant", "learner", maintain_order=True).head(top)
        return [
            (variant, learner, feature, _text(gain), _text(shap))
            for variant, learner, feature, gain, shap in best.select(self.table.columns).rows()
        ]


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def variants(recipe: Recipe | AnyPath, work: AnyPath) -> list[tuple[str, ...]]:
    """Give a row for each variant of a stack: its out-of-fold AUC, and what it is for.

    Raises MelError while the stack is missing or stale.
    """
    found, _, folder = standing(recipe, work, "tabular")
    metric = read_header(folder / "oof.parquet", "predictions")["metric"]
    return [
        (name, *_cells(one), "goes into the blend" if name == found.tabular.scores else "")
        for name, one in metric["variants"].items()
    ]


def nested(recipe: Recipe | AnyPath, work: AnyPath) -> list[tuple[str, ...]]:
    """Refit the stack inside each outer fold; give a row for each variant and kind of AUC.

    Writes nested.json into the stack's folder, where the next training of the stack removes it.
    Raises MelError while the stack is missing or stale, and for fewer than three folds.
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
    return [row for name, kinds in content["variants"].items() for row in _rows(name, kinds)]


def _rows(variant: str, kinds: dict[str, Any]) -> list[tuple[str, ...]]:
    return [(variant, kind, *_cells(kinds[kind])) for kind in ("naive", "oof", "honest")]


def _cells(one: dict[str, float]) -> tuple[str, str, str]:
    ends = f"{one['low']:.4f} to {one['high']:.4f}"
    return f"{one['pooled']:.4f}", f"{one['fold_mean']:.4f}", ends


def importance(recipe: Recipe | AnyPath, work: AnyPath) -> Weighed:
    """Give what each feature is worth to the stack, and draw it for both variants.

    Writes importance-context.svg, importance-single.svg and the same as PNG into the stack's
    folder. Raises MelError while the stack is missing or stale.
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
