"""What is asked of a stage's output: only where it stands, and was made from the present inputs."""

from pathlib import Path
from typing import Literal

from mel.config import Recipe
from mel.errors import MelError
from mel.pipeline.folder import AnyPath, Work
from mel.pipeline.running import opened, status

__all__ = ["standing"]

_COMMANDS = {"tabular": "mel tabular train", "ensemble": "mel ensemble blend"}


def standing(
    recipe: Recipe | AnyPath, work: AnyPath, room: Literal["tabular", "ensemble"]
) -> tuple[Recipe, Work, Path]:
    """Give the recipe, the work folder, and the folder in it of the recipe's stack or blend.

    Raises MelError, with the command that makes it, while it is missing or stale.
    """
    found, source = opened(recipe)
    place = Work(Path(work))
    place.required()
    folders = {
        "tabular": place.tabular(found.tabular.name),
        "ensemble": place.ensemble(found.ensemble.name),
    }
    name = f"{room}/{folders[room].name}"
    state = next(state for state in status(place.root, found) if state.name == name)
    if not state.done:
        raise MelError(
            f"{name}: is {state.kind} ({state.why}); make it first: "
            f"{_COMMANDS[room]} {source or 'RECIPE'} --work {work}"
        )
    return found, place, folders[room]
