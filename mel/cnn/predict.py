"""Score any images with a trained member."""

import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import polars as pl

from mel.cnn.feeding import prepare
from mel.cnn.jobs.done import REFERENCE, fold_dir
from mel.cnn.jobs.launch import check_installed, launch
from mel.cnn.jobs.recipe import MemberRecipe, read_recipe
from mel.cnn.jobs.score import read_reference
from mel.cnn.scoring import views
from mel.cnn.scoring.listing import listing
from mel.config import HardwareSettings, MemberSettings, TtaSettings
from mel.errors import MelError, many, near
from mel.files import read_table
from mel.images import Framing
from mel.predictions import Predictions
from mel.progress import say
from mel.tables import ImageTable

__all__ = ["predict"]

_RECORDS = (".tfrec", ".tfrecord")
AnyImages = Path | str | ImageTable | pl.DataFrame


def predict(
    member: Path | str,
    images: AnyImages,
    *,
    tta: TtaSettings | None = None,
    hardware: HardwareSettings | None = None,
    cache: Path | None = None,
    trained_on: Literal["refuse", "out-of-fold"] = "refuse",
) -> Predictions:
    """Score images with the folds of the trained `member`; give test Predictions, a row an image.

    `images` is an ImageTable, a frame or a file with image_id and path, or a folder, see
    `mel.cnn.scoring.listing`. A score is the mean of the folds', each made as the member's own
    settings for test-time augmentation say, or `tta`; pictures get the framing that the member was
    trained on. Memory does not grow with the number of images; decoded pictures lie in `cache`
    (a temporary folder unless given). `hardware` is this machine's, whatever the training asked.

    An image that trained the member (by its id) has no honest score from the folds it trained. It
    is refused by name, or, with `trained_on` "out-of-fold", scored by the one fold that held it
    out; the Predictions are then out-of-fold ones, and no other image may be among them.

    Raises MelError for a member that is not fully trained or was changed since, images that
    trained it, a list without what the member needs, ranks of views the member holds no held-out
    scores of, and an image that cannot be decoded.
    """
    check_installed()
    place = Path(member)
    recipe = read_recipe(place)
    machine = hardware or HardwareSettings()
    settings = recipe.settings.model_copy(
        update={"tta": tta or recipe.settings.tta, "hardware": machine}
    )
    _check_ranks(place, settings)
    frame = listing(images, metadata=settings.metadata)
    own = _own(place, recipe, images, frame, trained_on)
    folds = pl.concat_list("fold") if own else pl.lit(list(range(recipe.n_folds)))
    frame = frame.join(_fold_map(place), on="image_id", how="left", validate="1:1")
    scores = _launched(place, recipe, settings, frame.with_columns(folds=folds), cache)
    known = frame.select("image_id", fold="fold" if own else pl.lit(None, pl.Int16))
    return Predictions.of(
        known.join(scores, on="image_id", how="left", validate="1:1"),
        name=settings.name,
        kind="oof" if own else "test",
        folds=recipe.folds,
        seed=settings.seed,
        inputs=recipe.inputs | {"settings": settings.digest},
    )


def _check_ranks(member: Path, settings: MemberSettings) -> None:
    """Refuse ranks of views that no fold has held-out scores of."""
    if settings.tta.average != "rank":
        return
    known = read_reference(fold_dir(member, 0) / REFERENCE)
    for view in views(settings.tta, settings.size):
        if view.kind not in known:
            raise MelError(
                f"{member.name}: average = 'rank' needs held-out scores of the view {view.kind!r}; "
                f"{near(view.kind, known)}; train the member with these views, or average logits"
            )


def _fold_map(member: Path) -> pl.DataFrame:
    """Give image_id and fold of the images that trained a member."""
    return Predictions.read(member / "oof.parquet").frame.select("image_id", "fold")


def _own(
    member: Path, recipe: MemberRecipe, images: AnyImages, frame: pl.DataFrame, how: str
) -> bool:
    """Tell whether these are the member's own train images; refuse them unless asked for."""
    mine = frame.join(_fold_map(member), on="image_id", how="semi")["image_id"]
    table = isinstance(images, ImageTable) and images.digest == recipe.inputs.get("images")
    if isinstance(images, ImageTable) and table and images.external.height:
        raise MelError(
            f"{member.name}: was trained on image {images.external['image_id'][0]} "
            f"({many(images.external.height, 'external image')}); leave them out"
        )
    if how == "refuse" and mine.len():
        raise MelError(
            f"{member.name}: was trained on image {mine[0]} ({many(mine.len(), 'such image')}), "
            f"whose honest score is in {member / 'oof.parquet'}; leave them out, or ask for "
            "out-of-fold scores of train images alone"
        )
    if mine.len() and mine.len() < frame.height:
        new = frame.join(_fold_map(member), on="image_id", how="anti")["image_id"]
        raise MelError(
            f"{member.name}: was not trained on image {new[0]} ({many(new.len(), 'such image')}), "
            "so it has no out-of-fold score; score train images and others apart"
        )
    return bool(mine.len())


def _launched(
    member: Path,
    recipe: MemberRecipe,
    settings: MemberSettings,
    frame: pl.DataFrame,
    cache: Path | None,
    more: Mapping[str, Any] | None = None,
) -> pl.DataFrame:
    """Score a frame with its `folds` in a child process; give image_id and score."""
    with tempfile.TemporaryDirectory(prefix="mel-") as folder:
        kept = cache or Path(folder)
        framing = _framing(recipe, frame)
        for size in (settings.size, *settings.tta.sizes):
            prepare(frame, size, kept, settings.hardware, framing)
        rows, out = Path(folder) / "images.parquet", Path(folder) / "scores.parquet"
        frame.write_parquet(rows)
        job = {
            "task": "predict",
            "frame": str(rows),
            "member": str(member),
            "settings": settings.model_dump(mode="json"),
            "labels": asdict(recipe.taught),
            "framing": asdict(framing),
            "cache": str(kept),
            "out": str(out),
        }
        total = int(frame["folds"].list.len().sum()) * settings.tta.views
        label = f"{settings.name} on {many(frame.height, 'image')}"
        launch(job | dict(more or {}), label, total, Path(folder) / "log.txt")
        return read_table(out, "scores")[0]


def _framing(recipe: MemberRecipe, frame: pl.DataFrame) -> Framing:
    """Give how new originals are framed: as what the member was trained on; and say so.

    Places in TFRecords are taken for prepared pictures, which are framed already.
    """
    plain, framing = Framing(), recipe.framed
    places = (Path(path.partition("#")[0]).suffix for path in frame["path"])
    if framing == plain or all(suffix in _RECORDS for suffix in places):
        return plain
    say(f"{recipe.settings.name}: was trained on prepared pictures; originals get their {framing}")
    return framing
