"""Score any folder of images with a trained member."""

import tempfile
from pathlib import Path

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from mel.cnn.feeding.pixels import prepare
from mel.cnn.jobs.done import fold_dir, is_done
from mel.cnn.jobs.launch import check_installed, launch
from mel.config import MemberSettings
from mel.errors import MelError
from mel.files import read_json, read_table
from mel.predictions import Predictions

__all__ = ["predict"]

_SUFFIXES = (".jpg", ".jpeg", ".png")


def predict(member: Path, images: Path, *, cache: Path | None = None) -> Predictions:
    """Score every image in the folder `images` with all folds of the trained `member`.

    Gives test Predictions: the mean of the folds' probabilities, one row an image file (.jpg,
    .jpeg, .png), image_id being the file's name without its suffix. Raises MelError for a member
    that is not fully trained or was changed since, an empty folder, two files of one id, and an
    image that cannot be decoded.
    """
    check_installed()
    member, images = Path(member), Path(images)
    recipe = _recipe(member)
    settings = recipe.settings
    frame = _listing(images)
    with tempfile.TemporaryDirectory(prefix="mel-") as folder:
        kept = cache or Path(folder)
        prepare(frame, settings.size, kept)
        listing, out = Path(folder) / "images.parquet", Path(folder) / "scores.parquet"
        frame.write_parquet(listing)
        job = {
            "task": "predict",
            "frame": str(listing),
            "member": str(member),
            "settings": settings.model_dump(mode="json"),
            "n_folds": recipe.n_folds,
            "cache": str(kept),
            "out": str(out),
        }
        total = frame.height * recipe.n_folds
        launch(job, f"{settings.name} on {images.name}", total, Path(folder) / "log.txt")
        scores, _ = read_table(out, "scores")
    return Predictions.of(
        scores.with_columns(fold=pl.lit(None, pl.Int16)),
        name=settings.name,
        kind="test",
        folds=recipe.folds,
        seed=settings.seed,
        inputs=recipe.inputs,
    )


class _Recipe(BaseModel):
    """What `train` keeps in recipe.json of a member whose folds are all trained."""

    model_config = ConfigDict(strict=True, frozen=True)

    settings: MemberSettings
    n_folds: int
    folds: str
    inputs: dict[str, str]


def _recipe(member: Path) -> _Recipe:
    """Read a member's recipe.json and refuse folds that are unfinished or were changed."""
    path = member / "recipe.json"
    try:
        recipe = _Recipe.model_validate(read_json(path))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise MelError(f"{path}: {place}: {first['msg']}; train the member again") from None
    for fold in range(recipe.n_folds):
        if not is_done(member, fold, recipe.inputs):
            raise MelError(
                f"{fold_dir(member, fold)}: is not a finished fold as it was trained; remove it "
                "and run mel cnn train RECIPE --work DIR again"
            )
    return recipe


def _listing(images: Path) -> pl.DataFrame:
    if not images.is_dir():
        raise MelError(f"{images}: no such folder of images; correct the path")
    files = sorted(path for path in images.iterdir() if path.suffix.lower() in _SUFFIXES)
    if not files:
        raise MelError(f"{images}: holds no image; looked for {', '.join(_SUFFIXES)}")
    by_id: dict[str, Path] = {}
    for path in files:
        if (other := by_id.setdefault(path.stem, path)) is not path:
            raise MelError(f"{path}: has the id of {other.name}; keep one file an id")
    return pl.DataFrame({"image_id": list(by_id), "path": [str(p) for p in by_id.values()]})
