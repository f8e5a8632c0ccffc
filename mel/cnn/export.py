"""A trained member's networks as ONNX graphs, for whatever scores without TensorFlow."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from mel.cnn.exporting import EXPORT, MEAN, Exported, chosen, is_current, read_export
from mel.cnn.jobs.asking import framing_of
from mel.cnn.jobs.done import CHECKPOINT, fold_dir
from mel.cnn.jobs.launch import check_installed, launch
from mel.cnn.jobs.recipe import MemberRecipe, read_recipe
from mel.digests import digest_file
from mel.errors import MelError
from mel.graphs import has
from mel.predictions import Predictions
from mel.progress import say
from mel.tables import Folds, ImageTable

__all__ = ["export"]


def export(
    member: Path | str,
    table: ImageTable,
    folds: Folds,
    *,
    only_folds: Sequence[int] | None = None,
    average: bool = False,
) -> list[Exported]:
    """Write each fold of the trained `member` as ONNX graphs beside its checkpoint.

    One graph a size that its views need, `graph-SIZE.onnx`, and `export.json`, which says what they
    were made from and how true they are. Inputs: `pixels`, uint8 `(n, SIZE, SIZE, 3)`, and for a
    member that looks at it `metadata`, float32, as `mel.metadata` encodes it. Outputs: `logit`,
    float32 `(n,)`, of a positive, and `map`, float32 `(n, h, w)`, what each place adds to it.

    Every graph is run on held-out images and compared with Keras, in float32; what bfloat16 changes
    is measured where the processor has it. A fold whose graphs were made from the same checkpoint,
    and are as they were made, is left alone. With `average` a network besides, in the folder
    `mean`, whose weights and batch statistics are the mean of all folds'. Folds that began with
    weights drawn for each have no useful mean, and whether others have, only test images can tell:
    this network has seen every train image, so no honest out-of-fold AUC of it can be had.

    Raises MelError for a member that is not fully trained, other folds than it was trained on, a
    fold that does not exist, a mean of folds whose outputs differ or that rank views by fold,
    packages that are missing where there is something to export, and a graph that differs from its
    network by more than 1e-4 in a probability: then that fold has no graph.

    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> folds = Folds.read("work/demo/folds.parquet")
    >>> member = "work/demo/cnn/efficientnetv2_micro-32"
    >>> graphs = export(member, table, folds)  # here they are there already
    >>> [(graph.part, graph.path.name) for graph in graphs]
    [('0', 'graph-32.onnx'), ('1', 'graph-32.onnx')]
    >>> graphs[0].verified["probability"] < 1e-4  # the largest difference from Keras
    True
    """
    place, recipe = Path(member), read_recipe(Path(member))
    if recipe.folds != folds.digest:
        raise MelError(f"{place.name}: was trained on other folds than these; train it again")
    wanted = range(recipe.n_folds) if only_folds is None else sorted(set(only_folds))
    parts = [_part(place, recipe, fold) for fold in wanted]
    parts += [_mean_part(place, recipe)] * average
    todo = [part for part in parts if not _is_done(part)]
    if todo:
        _check_installed()
        _launch(recipe, place, table, folds, todo)
    return [one for part in parts for one in read_export(Path(part["place"]))]


def _check_installed() -> None:
    check_installed()
    missing = [name for name in ("onnx", "tf2onnx", "openvino") if not has(name)]
    if missing:
        raise MelError(f"{missing[0]} is not installed here; pip install 'mel[export]'")


def _part(member: Path, recipe: MemberRecipe, fold: int) -> dict[str, Any]:
    if not 0 <= fold < recipe.n_folds:
        raise MelError(f"fold {fold}: the folds are 0 to {recipe.n_folds - 1}")
    place = fold_dir(member, fold)
    return _described(recipe, place, f"fold {fold}", fold, [place / CHECKPOINT])


def _mean_part(member: Path, recipe: MemberRecipe) -> dict[str, Any]:
    if recipe.settings.tta.average == "rank":
        raise MelError(
            f"{member.name}: ranks each fold's scores among its own held-out ones (tta.average), "
            "which a mean of the folds' networks has none of; leave out --average"
        )
    if len(set(recipe.taught)) > 1:
        raise MelError(
            f"{member.name}: its folds' networks have other outputs each, since a diagnosis lacks "
            "in some; their weights have no mean"
        )
    checkpoints = [fold_dir(member, fold) / CHECKPOINT for fold in range(recipe.n_folds)]
    return _described(recipe, member / MEAN, "mean of the folds", None, checkpoints)


def _described(
    recipe: MemberRecipe, place: Path, name: str, fold: int | None, checkpoints: Sequence[Path]
) -> dict[str, Any]:
    labels = asdict(recipe.taught[fold or 0])
    settings = recipe.settings
    made_from = {
        "checkpoints": [digest_file(path) for path in checkpoints],
        "labels": {key: list(values) for key, values in labels.items()},
        "sizes": [settings.size, *settings.tta.sizes],
    }
    return {
        "name": f"{settings.name} {name}",
        "place": str(place),
        "fold": fold,
        "checkpoints": [str(path) for path in checkpoints],
        "labels": labels,
        "made_from": made_from,
    }


def _is_done(part: Mapping[str, Any]) -> bool:
    """Say whether a part is exported already; say it aloud, too."""
    place = Path(part["place"])
    if is_current(place, part["made_from"]):
        say(f"{part['name']}: exported already, skipped")
        return True
    if (place / EXPORT).is_file():
        say(f"{part['name']}: its graphs are not those of its checkpoint any more; made again")
    return False


def _launch(
    recipe: MemberRecipe,
    member: Path,
    table: ImageTable,
    folds: Folds,
    parts: Sequence[dict[str, Any]],
) -> None:
    """Let one child process export all parts: what it took of memory goes with it."""
    settings = recipe.settings
    held_out = Predictions.read(member / "oof.parquet").frame.select("image_id", kept="score")
    with tempfile.TemporaryDirectory(prefix="mel-") as folder:
        total, given = 0, []
        frames = [_frame(table, folds, part["fold"], held_out) for part in parts]
        for index, (part, frame) in enumerate(zip(parts, frames, strict=True)):
            path = Path(folder) / f"{index}.parquet"
            frame.write_parquet(path)
            given.append(part | {"frame": str(path)})
            total += frame.height * (1 + len(settings.tta.sizes))
        job = {
            "task": "export",
            "settings": settings.model_dump(mode="json"),
            "parts": given,
            "cache": folder,
            "framing": asdict(framing_of(recipe, pl.concat(frames, how="diagonal"))),
        }
        launch(job, f"{settings.name} export", total, member / "export.log")


def _frame(
    table: ImageTable, folds: Folds, fold: int | None, held_out: pl.DataFrame
) -> pl.DataFrame:
    """Give the images of a part, with the scores that training kept of held-out ones."""
    frame = chosen(table, folds, fold)
    if fold is None:
        return frame
    return frame.join(held_out, on="image_id", how="left", maintain_order="left")
