"""Running a recipe: every stage that is missing or stale, in order; the others are skipped."""

import time
from collections.abc import Sequence
from pathlib import Path

from mel import kaggle
from mel.config import Recipe
from mel.errors import MelError
from mel.files import read_header, read_json, write_json
from mel.pipeline import recipes
from mel.pipeline.folder import Work
from mel.pipeline.sequence import stages
from mel.pipeline.stage import Stage, State
from mel.pipeline.summary import Summary, summarise
from mel.progress import say

__all__ = ["bring_up", "demo", "opened", "plan", "run", "states_of", "status"]

_UNCHECKED = "; not compared with its source, since no --data is given"


def opened(recipe: Recipe | Path) -> tuple[Recipe, Path | None]:
    """Give a recipe's settings, checked for what no stage could train, and its file."""
    if isinstance(recipe, Recipe):
        found, source = recipe, None
    else:
        source = recipes.find(recipe)
        found = Recipe.read(source)
    recipes.vet(found)
    return found, source


def run(recipe: Recipe | Path, work: Path, data: Path | None = None) -> Summary:
    """Do the main job in the folder `work`: load, folds, CNN members, stack, blend, submission.

    `recipe` is a file, the name of one that comes with mel, or its settings; `data` the
    competition's folder. A stage whose output is there and was made from the present inputs is
    skipped, and said to be; a stale one is made again. Without `data`, images loaded earlier are
    taken as they are. Gives the final summary, also written as summary.md and summary.json.

    Raises MelError for a recipe that cannot be run, `data` that are not given but needed, another
    run in the same folder, and whatever a stage refuses. What earlier stages made is kept.
    """
    found, source = opened(recipe)
    place = Work(work)
    with place.locked():
        return _run(found, source, place, data)


def _run(recipe: Recipe, source: Path | None, work: Work, data: Path | None) -> Summary:
    recipes.keep(recipe, source, work.recipe)
    todo = stages(recipe, work, data)
    for stage in todo:
        bring_up(stage, stage.state(), work, checked=stage.name != "load" or data is not None)
    return summarise(recipe, work)


def bring_up(stage: Stage, state: State, work: Work, *, checked: bool = True) -> None:
    """Make a stage unless it is done, say which, and note the seconds it took."""
    if state.done:
        files = ", ".join(work.short(path) for path in stage.outputs)
        say(f"{stage.name}: done already, skipped ({files}){'' if checked else _UNCHECKED}")
        return
    say(f"{stage.name}: {state.kind}, {state.why}; making it")
    start = time.monotonic()
    stage.make()
    seconds = time.monotonic() - start
    known = read_json(work.times) if work.times.exists() else {}
    write_json(work.times, known | {stage.name: round(seconds, 1)})
    say(f"{stage.name}: made in {seconds:.0f} s")


def plan(recipe: Recipe | Path, work: Path, data: Path | None = None) -> list[State]:
    """Give the state of every stage of a recipe without making any: what `run` would do.

    Raises MelError for a recipe that cannot be run.
    """
    found, _ = opened(recipe)
    if data is not None:
        kaggle.source_digest(found.data, data)  # refuses a folder that is none
    return states_of(stages(found, Work(work), data))


def states_of(todo: Sequence[Stage]) -> list[State]:
    """Give each stage's state; one that follows an unfinished stage is unfinished too."""
    found: dict[str, State] = {}
    for stage in todo:
        waits = next((name for name in stage.after if not found[name].done), None)
        found[stage.name] = stage.state() if waits is None else _waiting(stage, found[waits])
    return list(found.values())


def _waiting(stage: Stage, other: State) -> State:
    there = any(path.exists() for path in stage.outputs)
    return State(
        stage.name, "stale" if there else "missing", f"follows {other.name}, which is {other.kind}"
    )


def status(work: Path, recipe: Recipe | Path | None = None) -> list[State]:
    """Give the state of every stage in a work folder, by `recipe` or the one of its last run.

    Images are not compared with their source. Raises MelError for a folder that is none.
    """
    if not work.is_dir():
        raise MelError(f"{work}: no such work folder; mel run RECIPE --work {work} makes one")
    kept = Work(work).recipe
    if recipe is None and not kept.exists():
        raise MelError(f"{work}: holds no recipe.toml; name the recipe: mel status --work … RECIPE")
    return plan(recipe or kept, work)


def demo(work: Path, *, tiny: bool = False) -> Summary:
    """Draw a synthetic competition into `work` and do the main job on it; `tiny` is a smoke run.

    Raises MelError when `work` holds a run on other data, which it would overwrite.
    """
    place = Work(work)
    found, source = opened(Path("tiny" if tiny else "demo"))
    with place.locked():
        if place.images.exists() and not read_header(place.images, "images")["synthetic"]:
            raise MelError(f"{work}: holds a run on real data; choose another --work for the demo")
        say("demo: the competition is SYNTHETIC; no score on it says anything about melanoma")
        data = kaggle.synth(place.competition, size="tiny" if tiny else "full")
        return _run(found, source, place, data)
