"""A recipe -> the bundle for a notebook without internet, refused before anything is downloaded."""

from pathlib import Path
from typing import Unpack

from mel import cnn
from mel.config import Recipe
from mel.kaggle.offline import BundleOptions, Packed, bundle
from mel.pipeline import recipes
from mel.pipeline.folder import AnyPath

__all__ = ["kaggle_bundle"]

_THERE = "/kaggle/"  # weights that only the notebook has cannot be looked at here


def kaggle_bundle(
    out: AnyPath, recipe: AnyPath, owner: str, **options: Unpack[BundleOptions]
) -> Packed:
    """Do what `mel.kaggle.bundle` does, with a recipe's file or the name of one that mel brings.

    `out` is the folder that gets the dataset and the notebooks, `owner` the user's name on Kaggle;
    `options` (`BundleOptions`) are those of `mel.kaggle.bundle`, which gives what was packed. pip
    downloads wheels, some 200 MB. Raises MelError for members that could not be trained, besides,
    before anything is downloaded.

    A notebook that does not train needs a serving bundle:

    >>> kaggle_bundle("offline", "tiny", owner="me", train=False)
    Traceback (most recent call last):
    mel.errors.MelError: nothing to score with: give a serving bundle (.mel), or train
    """
    source = recipes.find(Path(recipe))
    settings = Recipe.read(source)
    if options.get("train", True):
        settings.require_members()
        for member in settings.cnn:
            if member.weights != "imagenet" and not member.weights.startswith(_THERE):
                cnn.check_member(member)
    return bundle(out, source, owner, **options)
