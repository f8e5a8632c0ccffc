"""What the stack has to show in the blend's report: the rooms themselves never meet."""

import polars as pl

from mel import tabular
from mel.config import Recipe
from mel.pipeline.folder import Work
from mel.report import Exhibit

__all__ = ["importance_exhibits"]

_TOP = 15  # features of each learner in the table
_KINDS = {"context": "with the patient's other images", "single": "for a single image"}
_NOTE = (
    "Mean size of each feature's SHAP value, in log-odds, over images that the model did not learn "
    "from; gain is its share of LightGBM's gain in training. Features that say the same share "
    "their importance, and neither says that a feature is a cause."
)


def importance_exhibits(recipe: Recipe, work: Work, *, png: bool = False) -> list[Exhibit]:
    """Give what the stack's features are worth, the variant that goes into the blend first.

    Nothing for a stack that holds no importance.
    """
    name, chosen = recipe.tabular.name, recipe.tabular.scores
    folder = work.tabular(name)
    if not (folder / "importance.parquet").is_file():
        return []
    table = tabular.read_importance(folder)
    order = sorted(tabular.VARIANTS, key=lambda variant: variant != chosen)
    return [_exhibit(name, table, variant, chosen, png) for variant in order]


def _exhibit(name: str, table: pl.DataFrame, variant: str, chosen: str, png: bool) -> Exhibit:
    mine = table.filter(variant=variant)
    top = mine.group_by("learner", maintain_order=True).head(_TOP)
    rows = top.select("learner", "feature", "gain", "shap").rows()
    role = "in this blend" if variant == chosen else "not in this blend"
    return Exhibit(
        f"importance-{variant}",
        f"What moves {name} {_KINDS[variant]} ({role})",
        _NOTE,
        tabular.importance_figure(table, variant, png=png),
        ("Learner", "Feature", "Gain", "SHAP"),
        [(learner, feature, _share(gain), _size(shap)) for learner, feature, gain, shap in rows],
        texts=2,
        wide=mine["learner"].n_unique() > 1,
    )


def _share(gain: float | None) -> str:
    return "–" if gain is None else f"{100 * gain:.1f} %"


def _size(shap: float | None) -> str:
    return "–" if shap is None else f"{shap:.3f}"
