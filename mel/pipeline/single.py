"""One stage on its own, for the commands of the rooms: only when all before it is done."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mel import cnn, submit
from mel.config import Recipe
from mel.errors import MelError, near
from mel.files import read_header
from mel.pipeline import recipes
from mel.pipeline.folder import AnyPath, Work
from mel.pipeline.running import bring_up, opened, states_of, status
from mel.pipeline.scores import Score, scores
from mel.pipeline.source import read_sample, unmapped
from mel.pipeline.stage import Stage, State
from mel.pipeline.stages import stages, submission
from mel.pipeline.stages.members import train_member
from mel.pipeline.summary import counted, describe
from mel.tables import ImageTable

__all__ = ["check", "counts", "facts", "members", "only", "submit_from", "train_members"]

_DATA = ("load", "folds")  # the stages that need no members
_KINDS = {"cnn": ("cnn",), "tabular": ("stack",), "ensemble": ("blend", "naive")}


def only(
    recipe: Recipe | AnyPath, work: AnyPath, name: str, data: AnyPath | None = None
) -> list[Score]:
    """Make the stage called `name`, or every stage of that room, if it is missing or stale.

    Gives the out-of-fold scores of what stands there after. Raises MelError when a stage before
    is missing or stale, naming the command that makes it, and for a work folder that is not there
    unless `name` is "load".

    >>> from tempfile import TemporaryDirectory
    >>> from mel import kaggle
    >>> with TemporaryDirectory() as work:
    ...     data = kaggle.synth(f"{work}/competition", size="tiny")
    ...     only("tiny", work, "load", data)  # a stage that scores nothing
    []
    """
    found, source = opened(recipe, members=name not in _DATA)
    place = Work(Path(work))
    if name != "load":
        place.required()
    with place.locked():
        todo = stages(found, place, None if data is None else Path(data))
        for stage in _chosen(todo, name):
            state = _ready(stage, todo, source)
            if name != "load":
                recipes.keep(found, source, place.recipe)
            bring_up(stage, state, place)
        recipes.keep(found, source, place.recipe)
    kinds = _KINDS.get(name.partition("/")[0], ())
    return [row for row in scores(found, place) if row.kind in kinds]


def train_members(
    recipe: Recipe | AnyPath,
    work: AnyPath,
    member: str | Sequence[str] | None = None,
    fold: int | Sequence[int] | None = None,
) -> list[Score]:
    """Train some CNN members of a recipe, by default all; with `fold`, no more than these folds.

    Several of these may run in one folder at once: a fold is trained by one of them. Gives the
    out-of-fold scores of the members that are complete. Raises MelError for an unknown member, a
    fold that does not exist, and images or folds that are missing or stale.
    """
    found, source = opened(recipe)
    found.require_networks()
    place = Work(Path(work))
    wanted, folds = [member] if isinstance(member, str) else member, _listed(fold)
    names = [found.member(name).name for name in wanted or found.names]
    place.required()
    with place.locked(shared=True):
        todo = stages(found, place)
        for name in names:
            (stage,) = _chosen(todo, f"cnn/{name}")
            state = _ready(stage, todo, source)
            recipes.keep(found, source, place.recipe)
            _check_folds(folds, place)
            if not folds or state.done:
                bring_up(stage, state, place)
            else:
                train_member(found.member(name), place, folds)
    rows = [row for row in scores(found, place) if row.kind == "cnn" and row.member in names]
    done = {s.name for s in status(place.root, found) if s.done}
    return [row for row in rows if f"cnn/{row.member}" in done]


def _listed(fold: int | Sequence[int] | None) -> list[int]:
    return [fold] if isinstance(fold, int) else list(fold or ())


def _check_folds(wanted: Sequence[int], place: Work) -> None:
    """Refuse a fold that does not exist, also of a member that is complete."""
    last = read_header(place.folds, "folds")["n_folds"] - 1
    for fold in wanted:
        if not 0 <= fold <= last:
            raise MelError(f"fold {fold}: the folds are 0 to {last}")


def _chosen(todo: Sequence[Stage], name: str) -> list[Stage]:
    return [stage for stage in todo if stage.name == name or stage.name.startswith(f"{name}/")]


def _ready(stage: Stage, todo: Sequence[Stage], source: Path | None) -> State:
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


def submit_from(
    work: AnyPath,
    source: str | None = None,
    sample: AnyPath | None = None,
    out: AnyPath | None = None,
) -> Path:
    """Make a submission from what stands in `work` as `source`, by default the recipe's blend.

    `source` is a stage with test scores, such as "ensemble/blend" or "cnn/efficientnetv2_b0-256".
    `sample` takes the place of the sample submission that was loaded. Gives the CSV's path, `out`
    or in submissions/. Raises MelError for an unknown source, and for one that
    is missing or stale.
    """
    place = Work(Path(work))
    known = {state.name: state for state in status(work) if "/" in state.name}
    if not known:
        Recipe.read(place.recipe).require_members()
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
    scores = place.root / room / name / "test.parquet"
    with place.locked():
        path = place.submissions / f"{name}.csv" if out is None else Path(out)
        return submission(place, scores, path, None if sample is None else Path(sample))


def facts(work: AnyPath) -> dict[str, str]:
    """Give the facts of the images loaded in `work`: their source, counts, and the digest.

    Raises MelError where none are, or where the file was changed.

    >>> from tempfile import TemporaryDirectory
    >>> from mel import kaggle
    >>> with TemporaryDirectory() as work:
    ...     data = kaggle.synth(f"{work}/competition", size="tiny")
    ...     _ = only("tiny", work, "load", data)
    ...     facts(work)["train"]
    '84 images of 22 patients, 14 positive (16.7 %)'
    """
    path = Work(Path(work)).images
    return describe(ImageTable.read(path)) | {"digest": read_header(path, "images")["digest"]}


def counts(work: AnyPath) -> dict[str, Any]:
    """Give the same as plain data, with the words that the vocabularies lack (`unmapped`).

    Raises MelError as `facts` does.
    """
    path = Work(Path(work)).images
    digest = read_header(path, "images")["digest"]
    return counted(ImageTable.read(path)) | {"digest": digest, "unmapped": unmapped(work)}


def check(
    file: AnyPath, work: AnyPath | None = None, sample: AnyPath | None = None
) -> tuple[str, ...]:
    """Check a submission against `sample`, or the sample in `work`: see `mel.submit.check`.

    Raises what that raises, and MelError unless one of `work` and `sample` is given.

    >>> from tempfile import TemporaryDirectory
    >>> from mel import kaggle
    >>> with TemporaryDirectory() as place:
    ...     sample = kaggle.synth(f"{place}/competition", size="tiny") / "sample_submission.csv"
    ...     check(sample, sample=sample)
    ('all 36 values are 0: nothing is ranked',)
    """
    if sample is not None and work is None:
        return submit.check(file, sample)
    if work is None or sample is not None:
        raise MelError("submit check: what to compare with? give either --work or --sample")
    return submit.check(file, read_sample(Work(Path(work))))


def members(recipe: Recipe | AnyPath) -> list[dict[str, object]]:
    """Give what a recipe would train, a plain row a member; `pixels` are those of a side.

    Raises MelError for a recipe that cannot be run.

    >>> [(row["member"], row["pixels"], row["epochs"]) for row in members("tiny")]
    [('efficientnetv2_micro-32', 32, 2)]
    """
    rows: list[dict[str, object]] = []
    for member in opened(recipe)[0].cnn:
        entry = cnn.backbone(member.backbone)
        rows.append(
            {
                "member": member.name,
                "parameters": entry.params,
                "pixels": member.size,
                "made_for": entry.native_size,
                "epochs": member.epochs,
                "batch": member.batch_size,
                "weights": member.weights,
            }
        )
    return rows
