"""Score any images with a trained member."""

from pathlib import Path

import polars as pl

from mel.cnn.jobs.asking import AnyImages, Asked, TrainedOn
from mel.config import HardwareSettings, TtaSettings
from mel.files import read_table
from mel.predictions import Predictions

__all__ = ["predict"]


def predict(
    member: Path | str,
    images: AnyImages,
    *,
    tta: TtaSettings | None = None,
    hardware: HardwareSettings | None = None,
    cache: Path | str | None = None,
    trained_on: TrainedOn = "refuse",
) -> Predictions:
    """Score images with the folds of the trained `member`; give test Predictions, a row an image.

    `images` is an ImageTable, a frame or a file with image_id and path, or a folder, see
    `mel.images.listing`. A score is the mean of the folds', each made as the member's own settings
    for test-time augmentation say, or `tta`; pictures get the framing that the member was trained
    on. Memory does not grow with the number of images; decoded pictures lie in `cache` (a temporary
    folder unless given). `hardware` is this machine's, whatever the training asked.

    An image that trained the member (by its id) has no honest score from the folds it trained. It
    is refused by name, or, with `trained_on` "out-of-fold", scored by the one fold that held it
    out; the Predictions are then out-of-fold ones, and no other image may be among them.

    Raises MelError for a member that is not fully trained or was changed since, images that trained
    it, a list without what the member needs, ranks of views the member holds no held-out scores of,
    and an image that cannot be decoded.

    >>> from mel.tables import ImageTable
    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> found = predict("work/demo/cnn/efficientnetv2_micro-32", table.test.head(2))
    >>> found.kind, found.frame.columns, found.frame["score"].is_between(0, 1).to_list()
    ('test', ['image_id', 'fold', 'score'], [True, True])
    >>> predict("work/demo/cnn/efficientnetv2_micro-32", table.train.head(1))
    Traceback (most recent call last):
        ...
    mel.errors.MelError: efficientnetv2_micro-32: was trained on image SYN_1069118 ...
    """
    asked = Asked.of(member, images, tta, hardware, trained_on)
    scores = asked.answer("predict", "scores.parquet", _scores, cache)
    fold = "fold" if asked.own else pl.lit(None, pl.Int16)
    known = asked.frame.select("image_id", fold=fold)
    recipe, settings = asked.recipe, asked.settings
    return Predictions.of(
        known.join(scores, on="image_id", how="left", validate="1:1"),
        name=settings.name,
        kind="oof" if asked.own else "test",
        folds=recipe.folds,
        seed=settings.seed,
        inputs=recipe.inputs | {"settings": settings.digest},
    )


def _scores(path: Path) -> pl.DataFrame:
    return read_table(path, "scores")[0]
