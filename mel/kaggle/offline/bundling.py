"""Everything a notebook without internet needs: a dataset to upload and two notebooks to push."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mel.bundles import Bundle
from mel.config import Recipe
from mel.errors import MelError
from mel.files import atomic, digest_file, write_json, write_text
from mel.kaggle.offline import metadata
from mel.kaggle.offline.carrying import Carried, carry
from mel.kaggle.offline.image import Image, read_image
from mel.kaggle.offline.notebooks import template
from mel.kaggle.offline.own import own_wheel
from mel.progress import say

__all__ = ["Packed", "bundle"]

COMPETITIONS = {
    "siim2020": "siim-isic-melanoma-classification",
    "isic2024": "isic-2024-challenge",
}
_TRAIN, _SERVE = ("train", "export", "serve"), ("serve",)
_THERE = "/kaggle/"  # how a place on Kaggle begins


@dataclass(frozen=True)
class Packed:
    """A folder that is ready: the dataset and the notebooks in it, and what they hold.

    bytes: of the dataset. replaced: packages of the image that the notebook will have in another
    version, name -> (the image's, ours).
    """

    folder: Path
    names: metadata.Names
    notebooks: tuple[str, ...]
    wheels: tuple[str, ...]
    bytes: int
    replaced: Mapping[str, tuple[str, str]]
    told: str

    def as_dict(self) -> dict[str, Any]:
        """Give plain data, as `mel kaggle bundle --json` has it."""
        return {
            "folder": str(self.folder),
            "notebooks": list(self.notebooks),
            "wheels": list(self.wheels),
            "bytes": self.bytes,
            "replaced": {name: list(pair) for name, pair in self.replaced.items()},
            "told": self.told,
            "uploads": list(self.uploads),
        }

    def facts(self) -> dict[str, str]:
        """Give what a person wants to know, by name."""
        found = {
            "dataset": f"{self.folder / 'dataset'}, {self.bytes / 1e6:.0f} MB",
            "wheels": f"{len(self.wheels)}, all that {self.told} lacks",
        }
        if self.replaced:
            pairs = (f"{n} {old} by {new}" for n, (old, new) in sorted(self.replaced.items()))
            found["replaces"] = ", ".join(pairs)
        return found | {f"upload {number}": line for number, line in enumerate(self.uploads, 1)}

    @property
    def uploads(self) -> tuple[str, ...]:
        """The commands that bring all of it to Kaggle, in their order."""
        pushes = (f"kaggle kernels push -p {self.folder / name}" for name in self.notebooks)
        return (f"kaggle datasets create -p {self.folder / 'dataset'} --dir-mode zip", *pushes)


def bundle(
    out: Path | str,
    recipe: Path | str,
    owner: str,
    *,
    serving: Path | str | None = None,
    name: str | None = None,
    data: str | None = None,
    image: Path | str | None = None,
    python: str | None = None,
    extras: Sequence[str] = (),
    models: Sequence[str] = (),
    accelerator: str = "NvidiaTeslaT4",
    wheel: Path | str | None = None,
    train: bool = True,
) -> Packed:
    """Put all that a notebook without internet needs into the folder `out`.

    `out`/dataset holds mel's wheel, the wheels that it needs and the notebook's image lacks, the
    recipe, the weights that it names, the serving bundle `serving` (.mel) if one is given, the
    digests of all that (mel.json) and dataset-metadata.json. `out`/train and `out`/infer hold a
    notebook each with its kernel-metadata.json: no internet, and its sources attached. Without
    `serving`, the second takes the bundle that the first makes. `train = False`: no first one.

    `owner` is the user's name on Kaggle, `name` the dataset's (by default of the recipe). `data` is
    a competition's name, or OWNER/NAME of a dataset; by default the one of the recipe's adapter.
    `image`, `python`: see `read_image`. `extras`: mel's, by default train, export and serve.
    `models`: attached models of Kaggle's, for weights that the recipe names under /kaggle/.
    `accelerator`: of the training, one of `ACCELERATORS`; scoring computes on the processor.
    `wheel`: mel's own, by default built from the checkout.

    Wheels are kept in `out`.parts until all is there: the same call goes on. `out` is whole or
    absent. Raises MelError for weights that the notebook could not get, a bundle that is none, what
    pip cannot find or reach, names that Kaggle would not take, and an `out` that is no such folder.
    """
    out, recipe = Path(out), Path(recipe)
    settings = Recipe.read(recipe)
    names = _names(settings, owner, name, data, models)
    kept = read_image(image, python)
    weights = _weights(settings) if train else {}
    if serving is None and not train:
        raise MelError("nothing to score with: give a serving bundle (.mel), or train")
    if serving is not None:
        Bundle.open(serving)
    kernels = _kernels(names, accelerator, follows=serving is None, train=train)
    _refuse_other(out)
    parts = out.with_name(f"{out.name}.parts")
    wanted = tuple(extras) or (_TRAIN if train else _SERVE)
    carried = _carried(parts, out, wanted, kept, wheel)
    with atomic(out) as folder:
        dataset = folder / "dataset"
        _fill(dataset, parts, recipe, weights, serving)
        _describe(dataset, names, kept)
        values = _values(settings, names, wanted, serving is not None)
        for purpose, said in kernels.items():
            write_json(folder / purpose / "kernel-metadata.json", said)
            write_text(folder / purpose / f"{purpose}.ipynb", template(purpose, values))
    shutil.rmtree(parts)
    size = sum(path.stat().st_size for path in (out / "dataset").rglob("*") if path.is_file())
    files = tuple(one.path.name for one in carried.wheels)
    return Packed(out, names, tuple(kernels), files, size, carried.replaced, kept.told)


def _names(
    settings: Recipe, owner: str, name: str | None, data: str | None, models: Sequence[str]
) -> metadata.Names:
    found = data or COMPETITIONS.get(settings.data.adapter)
    if found is None:
        raise MelError(
            f"adapter {settings.data.adapter!r}: belongs to no one competition; give its name on "
            "Kaggle, or OWNER/NAME of a dataset: --data NAME"
        )
    named = name or metadata.slug_of(f"mel-{settings.name}")
    return metadata.Names(owner, named, found, tuple(models))


def _weights(settings: Recipe) -> dict[str, str]:
    """Give the weights on this machine that the recipe names -> their names in the dataset."""
    found: dict[str, str] = {}
    for member in settings.cnn:
        if member.weights == "imagenet":
            raise MelError(
                f"{member.name}: takes ImageNet weights from the network, which the notebook has "
                "not; download the backbone's preset and name its folder in the recipe, weights = "
                "'FOLDER', or one under /kaggle/input and attach it by --model; --no-train scores "
                "only"
            )
        if (named := member.weights_file) and not named.startswith(_THERE):
            if not Path(named).exists():
                raise MelError(f"{member.name}: weights {named!r}: no such folder or file")
            found[named] = f"weights/{Path(named).name}"
    if len(set(found.values())) < len(found):
        raise MelError(f"weights {', '.join(sorted(found))}: two have one name; rename a folder")
    return found


def _kernels(
    names: metadata.Names, accelerator: str, *, follows: bool, train: bool
) -> dict[str, dict[str, object]]:
    found = {"train": metadata.kernel(names, "train", accelerator)} if train else {}
    after = "train" if follows else ""
    return found | {"infer": metadata.kernel(names, "infer", "none", follows=after)}


def _refuse_other(out: Path) -> None:
    """Refuse to write over what is no bundle for notebooks."""
    if not out.name or out.is_file() or (out.is_dir() and any(out.iterdir()) and not _is_ours(out)):
        raise MelError(f"{out}: is there and no folder of mel kaggle bundle's; choose another")


def _is_ours(out: Path) -> bool:
    return (out / "dataset" / "mel.json").is_file()


def _carried(
    parts: Path, out: Path, extras: Sequence[str], image: Image, wheel: Path | str | None
) -> Carried:
    """Get the wheels into `parts`, beginning with those that an earlier bundle has."""
    earlier, folder = out / "dataset" / "wheels", parts / "wheels"
    if earlier.is_dir() and not folder.is_dir():
        shutil.copytree(earlier, folder)
    with TemporaryDirectory(prefix="mel-wheel-") as desk:
        own = own_wheel(Path(desk), wheel)
        folder.mkdir(parents=True, exist_ok=True)
        for stale in folder.glob("mel-*.whl"):
            stale.unlink()
        with atomic(folder / own.name) as temporary:
            shutil.copy(own, temporary)
        found = carry(folder / own.name, extras, image, folder)
    say(f"wheels: {len(found.wheels)} in {folder}")
    return found


def _fill(
    dataset: Path,
    parts: Path,
    recipe: Path,
    weights: Mapping[str, str],
    serving: Path | str | None,
) -> None:
    dataset.mkdir(parents=True)
    shutil.copytree(parts / "wheels", dataset / "wheels")
    text = recipe.read_text(encoding="utf-8-sig")
    for named, inside in weights.items():
        copy = shutil.copytree if Path(named).is_dir() else shutil.copy
        (dataset / "weights").mkdir(exist_ok=True)
        copy(named, dataset / inside)
        for quote in ("'", '"'):
            text = text.replace(f"{quote}{named}{quote}", f'"{inside}"')
    write_text(dataset / "recipe.toml", text)
    if serving is not None:
        shutil.copy(serving, dataset / "blend.mel")


def _describe(dataset: Path, names: metadata.Names, image: Image) -> None:
    files = sorted(path for path in dataset.rglob("*") if path.is_file())
    digests = {path.relative_to(dataset).as_posix(): digest_file(path) for path in files}
    said = {"kind": "offline", "schema": 1, "python": image.python, "image": image.told}
    write_json(dataset / "mel.json", said | {"sha256": digests})
    write_json(dataset / "dataset-metadata.json", metadata.dataset(names))


def _values(
    settings: Recipe, names: metadata.Names, extras: Sequence[str], serves: bool
) -> dict[str, str]:
    train = names.notebook("train")
    return {
        "DATA": names.folder,
        "NAME": names.name,
        "RECIPE": settings.name,
        "EXTRAS": ",".join(extras),
        "WHERE": ", the recipe and the ensemble" if serves else f"; `{train}` made the ensemble",
        "PLACE": "offline" if serves else f'attached("{train}")',
    }
