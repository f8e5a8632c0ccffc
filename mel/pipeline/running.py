"""Running a recipe: every stage that is missing or stale, in order; the others are skipped."""

import time
from collections.abc import Sequence
from pathlib import Path

from mel import kaggle
from mel.config import Recipe
from mel.errors import MelError
from mel.files import read_header
from mel.pipeline import recipes
from mel.pipeline.folder import AnyPath, Work
from mel.pipeline.predicting import refresh
from mel.pipeline.stage import Stage, State
from mel.pipeline.stages import stages
from mel.pipeline.stages.level2 import require_stackable
from mel.pipeline.stages.prepared import require_prepared
from mel.pipeline.summary import Summary, summarise
from mel.progress import say

__all__ = ["bring_up", "demo", "opened", "plan", "run", "states_of", "status"]

_UNCHECKED = "; not compared with its source, since no --data is given"


def opened(recipe: Recipe | AnyPath, *, members: bool = True) -> tuple[Recipe, Path | None]:
    """Give a recipe's settings, checked for what no stage could train, and its file.

    A recipe without members is refused, unless `members` is false: loading and folds need none.
    """
    found, source = _read(recipe)
    if members:
        found.require_members()
    recipes.vet(found)
    return found, source


def _read(recipe: Recipe | AnyPath) -> tuple[Recipe, Path | None]:
    if isinstance(recipe, Recipe):
        return recipe, None
    source = recipes.find(Path(recipe))
    return Recipe.read(source), source


def run(recipe: Recipe | AnyPath, work: AnyPath, data: AnyPath | None = None) -> Summary:
    """Do the main job in the folder `work`: load, folds, CNN members, stack, blend, submission.

    `recipe` is a file, the name of one that comes with mel, or its settings; `data` the
    competition's folder. A stage whose output is there and was made from the present inputs is
    skipped, and said to be; a stale one is made again. Without `data`, images loaded earlier are
    taken as they are. Gives the final summary, also written as summary.md and summary.json.

    Raises MelError for a recipe that cannot be run, `data` that are not given but needed, another
    run in the same folder, and whatever a stage refuses. What earlier stages made is kept.

    >>> summary = run("tiny", "work/demo")  # all is done, and skipped
    >>> [(row.member, row.kind) for row in summary.scores][:3]
    [('efficientnetv2_micro-32', 'cnn'), ('lightgbm', 'stack'), ('blend', 'blend')]

    A recipe's images are loaded once, from the competition's folder:

    >>> run("tiny", "work/empty")
    Traceback (most recent call last):
    mel.errors.MelError: work/empty: no images loaded with the settings of recipe tiny; ...
    """
    found, source = opened(recipe)
    place = Work(Path(work))
    with place.locked():
        return _run(found, source, place, _path(data))


def _path(given: AnyPath | None) -> Path | None:
    return None if given is None else Path(given)


def _run(recipe: Recipe, source: Path | None, work: Work, data: Path | None) -> Summary:
    load, *others = stages(recipe, work, data)
    bring_up(load, load.state(), work, checked=data is not None)
    recipes.keep(recipe, source, work.recipe)  # not before: a run that is refused changes nothing
    require_prepared(recipe.cnn, work)  # not after days of training other members
    require_stackable(recipe, work)
    for stage in others:
        bring_up(stage, stage.state(), work)
    if recipe.cnn:
        refresh(work.root)
    return summarise(recipe, work, [load.name, *(stage.name for stage in others)])


def bring_up(stage: Stage, state: State, work: Work, *, checked: bool = True) -> None:
    """Make a stage unless it is done, say which, and note the seconds it took."""
    if state.done:
        files = ", ".join(work.short(path) for path in stage.outputs)
        say(f"{stage.name}: done already, skipped ({files}){'' if checked else _UNCHECKED}")
        return
    say(f"{stage.name}: {state.kind}, {state.why}; making it")
    start = time.monotonic()
    if stage.make() is False:
        say(f"{stage.name}: not whole yet; what is missing is left to other processes")
        return
    seconds = time.monotonic() - start
    work.took(stage.name, seconds)
    say(f"{stage.name}: made in {seconds:.0f} s")


def plan(recipe: Recipe | AnyPath, work: AnyPath, data: AnyPath | None = None) -> list[State]:
    """Give the state of every stage of a recipe without making any: what `run` would do.

    The states are in the order of the stages, kinds "done", "missing" or "stale". Raises MelError
    for a recipe that cannot be run, and `data` that are no such competition.

    >>> recipe = Recipe.read(recipes.embedded()["tiny"])
    >>> changed = recipe.ensemble.model_copy(update={"rounds": 20})
    >>> changed = recipe.model_copy(update={"ensemble": changed})
    >>> [state.name for state in plan(changed, "work/demo") if not state.done]
    ['ensemble/blend', 'submit/blend']
    """
    found, _ = opened(recipe)
    if data is not None:
        kaggle.source_digest(found.data, Path(data))  # refuses a folder that is none
    return states_of(stages(found, Work(Path(work)), _path(data)))


def states_of(todo: Sequence[Stage]) -> list[State]:
    """Give each stage's state; one that follows an unfinished stage is unfinished too."""
    found: dict[str, State] = {}
    for stage in todo:
        waits = next((name for name in stage.after if not found[name].ready), None)
        found[stage.name] = stage.state() if waits is None else _waiting(stage, found[waits])
    return list(found.values())


def _waiting(stage: Stage, other: State) -> State:
    there = any(path.exists() for path in stage.outputs)
    return State(
        stage.name, "stale" if there else "missing", f"follows {other.name}, which is {other.kind}"
    )


def status(work: AnyPath, recipe: Recipe | AnyPath | None = None) -> list[State]:
    """Give the state of every stage in a work folder, by `recipe` or the one of its last run.

    The states are in the order of the stages. Images are not compared with their source. Raises
    MelError for a folder that is none, and one without a recipe.

    >>> for state in status("work/demo"):
    ...     print(state.name, state.kind)
    load done
    folds done
    cnn/efficientnetv2_micro-32 done
    tabular/lightgbm done
    ensemble/blend done
    submit/blend done
    """
    place = Work(Path(work))
    place.required()
    if recipe is None and not place.recipe.exists():
        raise MelError(
            f"{work}: holds no recipe.toml; name the recipe: mel status --work {work} RECIPE"
        )
    return states_of(stages(_read(recipe or place.recipe)[0], place))


def demo(work: AnyPath, *, tiny: bool = False) -> Summary:
    """Draw a synthetic competition into `work` and do the main job on it; `tiny` is a smoke run.

    The full one has 1,500 images, the tiny one 120. Gives the final summary. What is done already
    is not done again. Raises MelError when `work` holds a run on other data, which it would
    overwrite, and what `run` raises.

    >>> summary = demo("work/demo", tiny=True)
    >>> summary.title, summary.facts["test"]
    ('tiny (synthetic data)', '36 images of 10 patients')
    """
    place = Work(Path(work))
    found, source = opened(Path("tiny" if tiny else "demo"))
    with place.locked():
        if place.images.exists() and not read_header(place.images, "images")["synthetic"]:
            raise MelError(f"{work}: holds a run on real data; choose another --work for the demo")
        say("demo: the competition is SYNTHETIC; no score on it says anything about melanoma")
        data = kaggle.synth(place.competition, size="tiny" if tiny else "full")
        return _run(found, source, place, data)
