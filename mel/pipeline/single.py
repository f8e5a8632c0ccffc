"""One stage on its own, for the commands of the rooms: only when all before it is done."""

from collections.abc import Sequence
from pathlib import Path

from mel import cnn, submit
from mel.config import Recipe
from mel.errors import MelError, near
from mel.files import atomic, read_header
from mel.pipeline import recipes
from mel.pipeline.folder import Work
from mel.pipeline.running import bring_up, opened, states_of, status
from mel.pipeline.sequence import stages, submission
from mel.pipeline.stage import Stage, State
from mel.pipeline.summary import Score, describe, scores
from mel.predictions import Predictions
from mel.tables import Folds, ImageTable

__all__ = ["check", "facts", "members", "only", "predict", "submit_from", "train_members"]

_KINDS = {"cnn": ("cnn",), "tabular": ("stack",), "ensemble": ("blend", "naive")}


def only(recipe: Recipe | Path, work: Path, name: str, data: Path | None = None) -> list[Score]:
    """Make the stage called `name`, or every stage of that room, if it is missing or stale.

    Gives the scores of what stands there after. Raises MelError when a stage before is missing
    or stale, naming the command that makes it.
    """
    found, source = opened(recipe)
    place = Work(work)
    with place.locked():
        recipes.keep(found, source, place.recipe)
        todo = stages(found, place, data)
        for stage in _chosen(todo, name):
            bring_up(stage, _ready(stage, todo), place)
    kinds = _KINDS.get(name.partition("/")[0], ())
    return [row for row in scores(found, place) if row.kind in kinds]


def train_members(
    recipe: Recipe | Path, work: Path, member: str | None = None, fold: int | None = None
) -> list[Score]:
    """Train one CNN member of a recipe or all of them; with `fold`, no more than that fold.

    Several of these may run in one folder at once, on different members or folds. Gives the
    scores of the members that are complete. Raises MelError for an unknown member, a fold that
    does not exist, and images or folds that are missing or stale.
    """
    found, source = opened(recipe)
    place = Work(work)
    names = found.names if member is None else [found.member(member).name]
    with place.locked(shared=True):
        recipes.keep(found, source, place.recipe)
        todo = stages(found, place)
        for name in names:
            (stage,) = _chosen(todo, f"cnn/{name}")
            state = _ready(stage, todo)
            if fold is None or state.done:
                bring_up(stage, state, place)
            else:
                _train_fold(found, place, name, fold)
    rows = [row for row in scores(found, place) if row.kind == "cnn" and row.member in names]
    done = {s.name for s in status(work, found) if s.done}
    return [row for row in rows if f"cnn/{row.member}" in done]


def _train_fold(recipe: Recipe, work: Work, name: str, fold: int) -> None:
    table, folds = ImageTable.read(work.images), Folds.read(work.folds)
    cnn.train(table, folds, recipe.member(name), work.cnn(name), only_folds=[fold])


def _chosen(todo: Sequence[Stage], name: str) -> list[Stage]:
    return [stage for stage in todo if stage.name == name or stage.name.startswith(f"{name}/")]


def _ready(stage: Stage, todo: Sequence[Stage]) -> State:
    """Give the stage's state, or refuse it while one before it is not done."""
    states = {state.name: state for state in states_of(todo)}
    commands = {other.name: other.command for other in todo}
    for name in stage.after:
        if not states[name].done:
            raise MelError(
                f"{stage.name}: needs {name}, which is {states[name].kind} "
                f"({states[name].why}); run {commands[name]} first"
            )
    return states[stage.name]


def submit_from(work: Path, source: str | None = None) -> Path:
    """Make a submission from what stands in `work` as `source`, by default the recipe's blend.

    `source` is a stage with test scores, such as "ensemble/blend" or "cnn/efficientnetv2_b0-256".
    Gives the CSV's path, in submissions/. Raises MelError for an unknown source, and for one that
    is missing or stale.
    """
    place = Work(work)
    known = {state.name: state for state in status(work) if "/" in state.name}
    made = {name: state for name, state in known.items() if not name.startswith("submit/")}
    chosen = source or next(name for name in made if name.startswith("ensemble/"))
    if chosen not in made:
        raise MelError(f"no scores called {chosen!r} in {work}; {near(chosen, made)}")
    if not made[chosen].done:
        raise MelError(
            f"{chosen}: is {made[chosen].kind} ({made[chosen].why}); "
            f"make it first: mel run {place.recipe} --work {work}"
        )
    room, _, name = chosen.partition("/")
    folder = {"cnn": place.cnn, "tabular": place.tabular, "ensemble": place.ensemble}[room](name)
    with place.locked():
        return submission(place, folder / "test.parquet", place.submissions / f"{name}.csv")


def facts(work: Path) -> dict[str, str]:
    """Give the facts of the images loaded in `work`: their source, counts, and the digest."""
    path = Work(work).images
    return describe(ImageTable.read(path)) | {"digest": read_header(path, "images")["digest"]}


def predict(work: Path, member: str, images: Path, out: Path) -> Predictions:
    """Score a folder of images with a trained member, written to `out` (.parquet or .csv).

    Raises MelError for an unknown member or suffix, and for an image that cannot be read.
    """
    trained = [path.parent.name for path in (work / "cnn").glob("*/recipe.json")]
    if member not in trained:
        raise MelError(f"{work}: no trained member {member!r}; {near(member, trained)}")
    if out.suffix not in (".parquet", ".csv"):
        raise MelError(f"{out}: unknown suffix; give a file that ends in .parquet or .csv")
    found = cnn.predict(Work(work).cnn(member), images)
    if out.suffix == ".parquet":
        found.write(out)
    else:
        with atomic(out) as temporary:
            found.frame.select("image_id", "score").write_csv(temporary)
    return found


def check(file: Path, work: Path | None = None, sample: Path | None = None) -> None:
    """Check a submission against `sample`, or the sample in `work`: see `mel.submit.check`."""
    if (work is None) == (sample is None):
        raise MelError("submit check: what to compare with? give either --work or --sample")
    submit.check(file, sample or Work(work or Path()).sample)


def members(recipe: Recipe | Path) -> list[dict[str, object]]:
    """Give what a recipe would train, a plain row a member."""
    rows: list[dict[str, object]] = []
    for member in opened(recipe)[0].cnn:
        entry = cnn.backbone(member.backbone)
        rows.append(
            {
                "member": member.name,
                "parameters": f"{entry.params:,}",
                "pixels": member.size,
                "made for": entry.native_size,
                "epochs": member.epochs,
                "batch": member.batch_size,
                "weights": member.weights,
            }
        )
    return rows
