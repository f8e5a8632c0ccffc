"""`mel cnn preview`: what a recipe's augmentation makes of the pictures of a work folder."""

import io
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from mel import cnn
from mel.config import Recipe
from mel.errors import MelError
from mel.pipeline.folder import AnyPath, Work
from mel.pipeline.running import opened
from mel.tables import ImageTable

__all__ = ["cnn_preview"]

_SHOWN = 6  # pictures


def cnn_preview(
    recipe: Recipe | AnyPath, out: AnyPath, work: AnyPath | None = None, member: str | None = None
) -> Path:
    """Draw a sheet of the random changes of a member's training, by default the first's.

    The pictures are train images of `work`, as many of each target; without a work folder,
    synthetic ones. Gives `out`, a PNG. Raises MelError for an unknown member, a recipe without
    members, and a table without pictures.

    >>> cnn_preview("tiny", "work/preview.png", "work/demo").as_posix()
    'work/preview.png'
    """
    found, source = opened(recipe)
    if not found.cnn:
        raise MelError(f"{source or found.name}: has no [[cnn.members]] to show")
    settings = found.cnn[0] if member is None else found.member(member)
    shown = list(_synthetic()) if work is None else _chosen(Work(Path(work)).loaded())
    return cnn.preview(shown, settings, Path(out))


def _chosen(table: ImageTable) -> list[str]:
    """Give the references of train images from all over the table, by turns of each target."""
    if not table.has_images:
        raise MelError(f"{table.name}: has no pictures to show; load it with data.images = 'files'")
    by_target = [table.train.filter(pl.col("target") == target)["path"] for target in (0, 1)]
    spread = [paths.gather_every(max(len(paths) // _SHOWN, 1)).to_list() for paths in by_target]
    turns = [paths[k] for k in range(_SHOWN) for paths in spread if k < len(paths)]
    return turns[:_SHOWN]


def _synthetic() -> Iterator[bytes]:
    """Draw lesions of both targets, as PNG."""
    import numpy as np
    from PIL import Image

    from mel.kaggle.lesions import draw_traits, render
    from mel.kaggle.skin import draw_look

    for number in range(_SHOWN):
        draw = np.random.default_rng(number)
        pixels = render(draw_look(draw), draw_traits(number % 2, draw), draw)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        yield file.getvalue()
