"""A competition's files into a work folder, and what is told of them."""

from pathlib import Path
from typing import Any

from mel.config import Recipe
from mel.files import read_header
from mel.pipeline.folder import AnyPath, Work
from mel.pipeline.single import only
from mel.pipeline.source import unmapped
from mel.pipeline.summary import counted, describe
from mel.tables import ImageTable

__all__ = ["counts", "facts", "kaggle_load"]


def kaggle_load(recipe: Recipe | AnyPath, work: AnyPath, data: AnyPath) -> dict[str, Any]:
    """Read and check a competition's tables and image files in `data` into the folder `work`.

    Gives its `counts`. What is there and current is not made anew. Raises MelError for a recipe
    that cannot be read, and for files that are missing, malformed or contradict each other.

    >>> counted = kaggle_load("tiny", "work/new", "work/demo/competition")
    >>> counted["train"]["images"], counted["test"]["images"]
    (84, 36)
    """
    only(recipe, work, "load", data)
    return counts(work)


def facts(work: AnyPath) -> dict[str, str]:
    """Give the facts of the images loaded in `work`: their source, counts, and the digest.

    All is text, by name, for a person; `counts` has numbers. Raises MelError where none are, or
    where the file was changed.

    >>> facts("work/demo")["train"]
    '84 images of 22 patients, 14 positive (16.7 %)'
    """
    path = Work(Path(work)).images
    return describe(ImageTable.read(path)) | {"digest": read_header(path, "images")["digest"]}


def counts(work: AnyPath) -> dict[str, Any]:
    """Count the images loaded in `work`, and list the words the vocabularies lack (`unmapped`).

    Keys: data, synthetic, train, external (None without any), test, digest, unmapped; those of a
    split are images, patients and, but for test, positives. Raises MelError as `facts` does.

    >>> counts("work/demo")["train"]
    {'images': 84, 'patients': 22, 'positives': 14}
    """
    path = Work(Path(work)).images
    digest = read_header(path, "images")["digest"]
    return counted(ImageTable.read(path)) | {"digest": digest, "unmapped": unmapped(work)}
