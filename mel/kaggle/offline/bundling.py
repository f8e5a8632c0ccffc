"""Everything a notebook without internet needs: a dataset to upload and two notebooks to push."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypedDict

from mel.config import Recipe
from mel.errors import MelError
from mel.files import atomic
from mel.kaggle.offline.carrying import Carried, carry
from mel.kaggle.offline.filling import fill
from mel.kaggle.offline.image import read_image
from mel.kaggle.offline.own import own_wheel
from mel.kaggle.offline.packed import Packed
from mel.kaggle.offline.planning import Plan, names_of
from mel.progress import say

__all__ = ["BundleOptions", "bundle"]


class BundleOptions(TypedDict, total=False):
    """The options of `bundle`, none of them needed, for who hands them on.

    >>> options: BundleOptions = {"serving": "blend.mel", "train": False}
    """

    serving: Path | str | None
    name: str | None
    data: str | None
    image: Path | str | None
    python: str | None
    extras: Sequence[str]
    models: Sequence[str]
    accelerator: str
    wheel: Path | str | None
    train: bool


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

    Gives what was written, and the commands that upload it. Wheels are kept in `out`.parts until
    all is there: the same call goes on. `out` is whole or absent. Raises MelError for weights that
    the notebook could not get, a bundle that is none, what pip cannot find or reach, names that
    Kaggle would not take, and an `out` that is no such folder.

    All of that but pip's part is checked before anything is downloaded or written:

    >>> bundle("offline", "work/demo/recipe.toml", "me", name="My moles")
    Traceback (most recent call last):
    mel.errors.MelError: name 'My moles': Kaggle takes 6 to 44 small letters, digits and single
    hyphens; 'my-moles' would do
    >>> bundle("offline", "work/demo/recipe.toml", "me", train=False)
    Traceback (most recent call last):
    mel.errors.MelError: nothing to score with: give a serving bundle (.mel), or train
    >>> Path("offline").exists()
    False
    """
    out, recipe = Path(out), Path(recipe)
    settings = Recipe.read(recipe)
    plan = Plan.of(
        recipe,
        settings,
        names_of(settings, owner, name, data, models),
        read_image(image, python),
        serving=None if serving is None else Path(serving),
        extras=extras,
        accelerator=accelerator,
        train=train,
    )
    _refuse_other(out)
    parts = out.with_name(f"{out.name}.parts")
    carried = _carried(parts, out, plan, wheel)
    with atomic(out) as folder:
        fill(folder, parts / "wheels", plan)
    shutil.rmtree(parts)
    return _packed(out, plan, carried)


def _packed(out: Path, plan: Plan, carried: Carried) -> Packed:
    size = sum(path.stat().st_size for path in (out / "dataset").rglob("*") if path.is_file())
    files = tuple(one.path.name for one in carried.wheels)
    purposes = tuple(plan.kernels)
    return Packed(out, plan.names, purposes, files, size, carried.replaced, plan.image.told)


def _refuse_other(out: Path) -> None:
    """Refuse to write over what is no bundle for notebooks."""
    if not out.name or out.is_file() or (out.is_dir() and any(out.iterdir()) and not _is_ours(out)):
        raise MelError(f"{out}: is there and no folder of mel kaggle bundle's; choose another")


def _is_ours(out: Path) -> bool:
    return (out / "dataset" / "mel.json").is_file()


def _carried(parts: Path, out: Path, plan: Plan, wheel: Path | str | None) -> Carried:
    """Get the wheels into `parts`, beginning with those that an earlier bundle has."""
    earlier, folder = out / "dataset" / "wheels", parts / "wheels"
    if earlier.is_dir() and not folder.is_dir():
        shutil.copytree(earlier, folder)
    with TemporaryDirectory(prefix="mel-wheel-") as desk:
        found = carry(own_wheel(Path(desk), wheel), plan.extras, plan.image, folder)
    say(f"wheels: {len(found.wheels)} in {folder}")
    return found
