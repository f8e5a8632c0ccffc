"""What a recipe's members would compute on, here."""

from pathlib import Path

from mel import cnn
from mel.config import Recipe
from mel.pipeline.folder import AnyPath
from mel.pipeline.running import opened

__all__ = ["cnn_doctor"]


def cnn_doctor(recipe: Recipe | AnyPath | None = None) -> cnn.Checkup:
    """Look for what can train, and say what every member of the recipe would use, and why.

    Without a recipe it tells of the device that mel chooses by itself. Gives a `mel.cnn.Checkup`:
    names and values as text, and in `fault` the first thing that a training here would be refused
    for. A child process looks, which takes some seconds. Raises MelError for a recipe that cannot
    be read or trained anywhere; what is missing here is told, not raised.

    >>> cnn_doctor("tinny")
    Traceback (most recent call last):
    mel.errors.MelError: tinny: no such recipe; give a file or one of: ...
    """
    members = [] if recipe is None else opened(recipe)[0].cnn
    return cnn.doctor(members, Path())
