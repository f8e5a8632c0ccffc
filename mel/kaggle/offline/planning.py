"""What a bundle for notebooks shall hold, checked before anything is written or downloaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mel.bundles import Bundle
from mel.config import Recipe
from mel.errors import MelError
from mel.kaggle.offline import metadata
from mel.kaggle.offline.image import Image
from mel.progress import say

__all__ = ["Plan", "names_of"]

_COMPETITIONS = {
    "siim2020": "siim-isic-melanoma-classification",
    "isic2024": "isic-2024-challenge",
}
_TRAIN, _SERVE = ("train", "export", "serve"), ("serve",)
_THERE = "/kaggle/"  # how a place on Kaggle begins


@dataclass(frozen=True)
class Plan:
    """A bundle that can be made, from the files that it will copy.

    weights: places on this machine -> their names in the dataset. kernels: "train" and "infer",
    or "infer" alone -> the metadata of the notebook. serving: the bundle that scores, if there is
    one already.
    """

    recipe: Path
    settings: Recipe
    names: metadata.Names
    image: Image
    weights: Mapping[str, str]
    kernels: Mapping[str, Mapping[str, object]]
    extras: Sequence[str]
    serving: Path | None

    @classmethod
    def of(
        cls,
        recipe: Path,
        settings: Recipe,
        names: metadata.Names,
        image: Image,
        *,
        serving: Path | None,
        extras: Sequence[str],
        accelerator: str,
        train: bool,
    ) -> "Plan":
        """Check a plan: its weights are there, its bundle is one, and something scores."""
        weights = _weights(settings) if train else {}
        if serving is None and not train:
            raise MelError("nothing to score with: give a serving bundle (.mel), or train")
        if serving is not None and Bundle.open(serving).facts.get("synthetic"):
            say(f"warning: {serving}: was made from synthetic images; it knows nothing of skin")
        kernels = _kernels(names, accelerator, follows=serving is None, train=train)
        wanted = tuple(extras) or (_TRAIN if train else _SERVE)
        return cls(recipe, settings, names, image, weights, kernels, wanted, serving)


def names_of(
    settings: Recipe, owner: str, name: str | None, data: str | None, models: Sequence[str]
) -> metadata.Names:
    """Name dataset and data, by the recipe where nothing else is said."""
    found = data or _COMPETITIONS.get(settings.data.adapter)
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
    """Give the metadata of the notebooks; with `follows`, the second takes the first's bundle."""
    found = {"train": metadata.kernel(names, "train", accelerator)} if train else {}
    after = "train" if follows else ""
    return found | {"infer": metadata.kernel(names, "infer", "none", follows=after)}
