"""A work folder's blend, and its report with figures and what it says in words."""

from pathlib import Path

from mel import ensemble
from mel.config import Recipe
from mel.pipeline.exhibits import importance_exhibits
from mel.pipeline.folder import AnyPath
from mel.pipeline.scores import Score
from mel.pipeline.single import only
from mel.pipeline.stages.level1 import level1, read_scores
from mel.pipeline.standing import standing
from mel.tables import Folds

__all__ = ["ensemble_blend", "ensemble_report"]


def ensemble_blend(recipe: Recipe | AnyPath, work: AnyPath) -> list[Score]:
    """Blend all members of a recipe by their ranks, in the folder ensemble/NAME of `work`.

    Gives two rows (`Score`): the blend's out-of-fold AUC, honest first and naive after it. A blend
    that is there and current is not made anew. Raises MelError when a stage before is missing or
    stale.

    >>> [(row.member, row.kind) for row in ensemble_blend("tiny", "work/demo")]
    [('blend', 'blend'), ('blend', 'naive')]
    """
    return only(recipe, work, "ensemble")


def ensemble_report(recipe: Recipe | AnyPath, work: AnyPath) -> tuple[Path, tuple[str, ...]]:
    """Write a blend's report anew: report.html in its folder, its figures as PNG beside it.

    Gives the page's path, and the recommendation in sentences. Raises MelError while the blend is
    missing or stale.

    >>> page, advice = ensemble_report("tiny", "work/demo")
    >>> page.as_posix(), len(advice) > 1
    ('work/demo/ensemble/blend/report.html', True)
    """
    found, place, out = standing(recipe, work, "ensemble")
    members = level1(found, place)
    members[found.tabular.name] = place.tabular(found.tabular.name)
    folds = Folds.read(place.folds)
    oof, test = read_scores(members, folds)
    with place.locked():
        shown = importance_exhibits(found, place, png=True)
        page = ensemble.report(place.loaded(), folds, oof, test, out, found.ensemble, shown)
    return page, ensemble.Blend.read(out / "blend.json").advice
