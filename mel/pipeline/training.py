"""The training of a recipe's members, and what it would train."""

from collections.abc import Sequence
from pathlib import Path

from mel import cnn
from mel.config import Recipe
from mel.errors import MelError
from mel.files import read_header
from mel.pipeline import recipes
from mel.pipeline.folder import AnyPath, Work
from mel.pipeline.running import bring_up, opened, status
from mel.pipeline.scores import Score, scores
from mel.pipeline.single import chosen, ready
from mel.pipeline.stages import stages
from mel.pipeline.stages.members import train_member

__all__ = ["cnn_train", "members"]


def cnn_train(
    recipe: Recipe | AnyPath,
    work: AnyPath,
    member: str | Sequence[str] | None = None,
    fold: int | Sequence[int] | None = None,
) -> list[Score]:
    """Train some CNN members of a recipe, by default all; with `fold`, no more than these folds.

    `member` is a name or several, such as "efficientnetv2_b0-256"; `fold` a number from 0 or
    several. Several of these may run in one folder at once: a fold is trained by one of them. Gives
    the out-of-fold scores of the members that are complete. A fold that is trained already is not
    trained again. Raises MelError for an unknown member, a fold that does not exist, and images or
    folds that are missing or stale.

    >>> [(row.member, row.kind) for row in cnn_train("tiny", "work/demo", fold=[0, 1])]
    [('efficientnetv2_micro-32', 'cnn')]
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
            (stage,) = chosen(todo, f"cnn/{name}")
            state = ready(stage, todo, source)
            _check_folds(folds, place)
            recipes.keep(found, source, place.recipe)
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


def members(recipe: Recipe | AnyPath) -> list[dict[str, object]]:
    """Give what a recipe would train, a plain row a member.

    Keys: member (its name), parameters (how many), pixels (of a side), made_for (pixels that the
    backbone was published with), epochs, batch (images a step) and weights (what training begins
    with). Raises MelError for a recipe that cannot be run.

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
