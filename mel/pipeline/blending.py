"""What is asked of a blend that is there: its report, with figures, and what it says in words."""

from pathlib import Path

from mel import ensemble
from mel.config import Recipe
from mel.errors import MelError
from mel.pipeline.folder import AnyPath, Work
from mel.pipeline.running import opened, status
from mel.pipeline.stages.level1 import level1, read_scores
from mel.tables import Folds

__all__ = ["blend_report"]


def blend_report(recipe: Recipe | AnyPath, work: AnyPath) -> tuple[Path, tuple[str, ...]]:
    """Write a blend's report anew, its figures as PNG beside it.

    Gives the page's path, and the recommendation in sentences. Raises MelError while the blend is
    missing or stale.
    """
    found, source = opened(recipe)
    place = Work(Path(work))
    place.required()
    name = f"ensemble/{found.ensemble.name}"
    state = next(state for state in status(place.root, found) if state.name == name)
    if not state.done:
        raise MelError(
            f"{name}: is {state.kind} ({state.why}); make it first: "
            f"mel ensemble blend {source or 'RECIPE'} --work {work}"
        )
    members = level1(found, place)
    members[found.tabular.name] = place.tabular(found.tabular.name)
    folds, out = Folds.read(place.folds), place.ensemble(found.ensemble.name)
    oof, test = read_scores(members, folds)
    with place.locked():
        page = ensemble.report(place.loaded(), folds, oof, test, out, found.ensemble)
    return page, ensemble.Blend.read(out / "blend.json").advice
