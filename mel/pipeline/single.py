"""One stage on its own, for the commands of the rooms: only when all before it is done."""

from collections.abc import Sequence
from pathlib import Path

from mel.config import Recipe
from mel.errors import MelError, near
from mel.pipeline import recipes
from mel.pipeline.folder import AnyPath, Work
from mel.pipeline.running import bring_up, opened, states_of
from mel.pipeline.scores import Score, scores
from mel.pipeline.stage import Stage, State
from mel.pipeline.stages import stages

__all__ = ["chosen", "only", "ready"]

_DATA = ("load", "folds")  # the stages that need no members
_KINDS = {"cnn": ("cnn",), "tabular": ("stack",), "ensemble": ("blend", "naive")}


def only(
    recipe: Recipe | AnyPath, work: AnyPath, name: str, data: AnyPath | None = None
) -> list[Score]:
    """Make the stage called `name`, or every stage of that room, if it is missing or stale.

    `name` is as `plan` gives it, such as "folds" or "cnn/efficientnetv2_b0-256", or a room: "cnn",
    "tabular", "ensemble". Gives the out-of-fold scores of what stands there after. Raises MelError
    when a stage before is missing or stale, naming the command that makes it, for a `name` that is
    none, and for a work folder that is not there unless `name` is "load".

    >>> [(row.member, row.kind) for row in only("tiny", "work/demo", "tabular")]
    [('lightgbm', 'stack')]
    """
    found, source = opened(recipe, members=name not in _DATA)
    place = Work(Path(work))
    if name != "load":
        place.required()
    with place.locked():
        todo = stages(found, place, None if data is None else Path(data))
        if not (asked := chosen(todo, name)):
            known = (part for stage in todo for part in (stage.name, stage.name.partition("/")[0]))
            raise MelError(f"no stage {name!r}; {near(name, dict.fromkeys(known))}")
        for stage in asked:
            state = ready(stage, todo, source)
            if name != "load":
                recipes.keep(found, source, place.recipe)
            bring_up(stage, state, place)
        recipes.keep(found, source, place.recipe)
    kinds = _KINDS.get(name.partition("/")[0], ())
    return [row for row in scores(found, place) if row.kind in kinds]


def chosen(todo: Sequence[Stage], name: str) -> list[Stage]:
    """Give the stage called `name`, or all of that room."""
    return [stage for stage in todo if stage.name == name or stage.name.startswith(f"{name}/")]


def ready(stage: Stage, todo: Sequence[Stage], source: Path | None) -> State:
    """Give the stage's state, or refuse it while one before it is not done."""
    states = {state.name: state for state in states_of(todo)}
    commands = {other.name: other.command for other in todo}
    for name in stage.after:
        if not states[name].ready:
            command = commands[name].replace("RECIPE", str(source or "RECIPE"))
            raise MelError(
                f"{stage.name}: needs {name}, which is {states[name].kind} "
                f"({states[name].why}); run first: {command}"
            )
    return states[stage.name]
