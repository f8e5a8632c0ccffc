"""`mel kaggle prepare`: the images of a work folder, decoded once for all sizes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

from mel import kaggle
from mel.kaggle.preparing import PrepareOptions
from mel.pipeline.folder import AnyPath, Work

__all__ = ["kaggle_prepare"]


def kaggle_prepare(
    work: AnyPath,
    sizes: Sequence[int],
    out: AnyPath | None = None,
    **options: Unpack[PrepareOptions],
) -> kaggle.Preparation:
    """Prepare the images that a work folder has loaded, into `out` or its folder `prepared`.

    `sizes` are pixels of a side. `options` are those of `mel.kaggle.prepare`, which does it. The
    work folder is only read, so that a run in it may go on meanwhile. Raises MelError when nothing
    is loaded there, and what `mel.kaggle.prepare` raises.

    >>> done = kaggle_prepare("work/demo", [16, 32], "work/prepared")
    >>> done.images, done.broken.height, done.prepared(32).frame.height
    (120, 0, 120)
    """
    place = Work(Path(work))
    folder = place.root / "prepared" if out is None else Path(out)
    return kaggle.prepare(place.loaded(), folder, sizes, **options)
