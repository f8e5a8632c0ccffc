"""A plan -> the folder: what is uploaded, its digests, and the notebooks beside it."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from mel.files import digest_file, write_json, write_text
from mel.kaggle.offline import metadata
from mel.kaggle.offline.notebooks import template
from mel.kaggle.offline.planning import Plan

__all__ = ["fill"]


def fill(folder: Path, wheels: Path, plan: Plan) -> None:
    """Write the dataset and the notebooks into an empty folder; `wheels` are copied."""
    dataset = folder / "dataset"
    dataset.mkdir(parents=True)
    shutil.copytree(wheels, dataset / "wheels")
    _copy_weights(dataset, plan.weights)
    write_text(dataset / "recipe.toml", _recipe(plan))
    if plan.serving is not None:
        shutil.copy(plan.serving, dataset / "blend.mel")
    _describe(dataset, plan)
    values = _values(plan)
    for purpose, said in plan.kernels.items():
        write_json(folder / purpose / "kernel-metadata.json", said)
        write_text(folder / purpose / f"{purpose}.ipynb", template(purpose, values))


def _copy_weights(dataset: Path, weights: Mapping[str, str]) -> None:
    for named, inside in weights.items():
        copy = shutil.copytree if Path(named).is_dir() else shutil.copy
        (dataset / "weights").mkdir(exist_ok=True)
        copy(named, dataset / inside)


def _recipe(plan: Plan) -> str:
    """Give the recipe with the weights' places in the dataset."""
    text = plan.recipe.read_text(encoding="utf-8-sig")
    for named, inside in plan.weights.items():
        for quote in ("'", '"'):
            text = text.replace(f"{quote}{named}{quote}", f'"{inside}"')
    return text


def _describe(dataset: Path, plan: Plan) -> None:
    files = sorted(path for path in dataset.rglob("*") if path.is_file())
    digests = {path.relative_to(dataset).as_posix(): digest_file(path) for path in files}
    image = {"python": plan.image.python, "image": plan.image.told}
    write_json(dataset / "mel.json", {"kind": "offline", "schema": 1} | image | {"sha256": digests})
    write_json(dataset / "dataset-metadata.json", metadata.dataset(plan.names))


def _values(plan: Plan) -> dict[str, str]:
    """Give what the notebooks' templates leave open."""
    train, serves = plan.names.notebook("train"), plan.serving is not None
    return {
        "DATA": plan.names.folder,
        "NAME": plan.names.name,
        "RECIPE": plan.settings.name,
        "EXTRAS": ",".join(plan.extras),
        "WHERE": ", the recipe and the ensemble" if serves else f"; `{train}` made the ensemble",
        "PLACE": "offline" if serves else f'attached("{train}")',
    }
