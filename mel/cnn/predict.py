"""Score any folder of images with a trained member."""

import tempfile
from pathlib import Path

import polars as pl

from mel.cnn.done import is_done, verify
from mel.cnn.launch import launch
from mel.cnn.pixels import prepare
from mel.config import MemberSettings
from mel.errors import MelError
from mel.files import read_json, read_table
from mel.predictions import Predictions

__all__ = ["SUFFIXES", "predict"]

SUFFIXES = (".jpg", ".jpeg", ".png")


def predict(member: Path, images: Path, *, cache: Path | None = None) -> Predictions:
    """Score every image in the folder `images` with all folds of the trained `member`.

    Gives test Predictions: the mean of the folds' probabilities, one row an image file (.jpg,
    .jpeg, .png), image_id being the file's name without its suffix. Raises MelError for a member
    that is not fully trained or was changed since, an empty folder, two files of one id, and an
    image that cannot be decoded.
    """
    recipe = read_json(member / "recipe.json")
    settings = MemberSettings.model_validate(recipe["settings"])
    for fold in range(recipe["n_folds"]):
        if not is_done(member, fold, recipe["inputs"]):
            raise MelError(f"{member}: fold {fold} is not trained; run mel cnn train first")
        verify(member, fold)
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
            "settings": recipe["settings"],
            "n_folds": recipe["n_folds"],
            "cache": str(kept),
            "out": str(out),
        }
        total = frame.height * recipe["n_folds"]
        launch(job, f"{settings.name} on {images.name}", total, Path(folder) / "log.txt")
        scores, _ = read_table(out, "scores")
    return Predictions.of(
        scores.with_columns(fold=pl.lit(None, pl.Int16)),
        name=settings.name,
        kind="test",
        folds=recipe["folds"],
        seed=settings.seed,
        inputs=recipe["inputs"],
    )


def _listing(images: Path) -> pl.DataFrame:
    if not images.is_dir():
        raise MelError(f"{images}: no such folder of images; correct the path")
    files = sorted(path for path in images.iterdir() if path.suffix.lower() in SUFFIXES)
    if not files:
        raise MelError(f"{images}: holds no image; looked for {', '.join(SUFFIXES)}")
    by_id: dict[str, Path] = {}
    for path in files:
        if (other := by_id.setdefault(path.stem, path)) is not path:
            raise MelError(f"{path}: has the id of {other.name}; keep one file an id")
    return pl.DataFrame({"image_id": list(by_id), "path": [str(p) for p in by_id.values()]})
