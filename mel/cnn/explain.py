"""Where a trained member looks: its activation maps of any images."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mel.cnn.jobs.asking import AnyImages, Asked, TrainedOn
from mel.config import HardwareSettings, TtaSettings

__all__ = ["Explanation", "explain"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Explanation:
    """Activation maps of images, in the order of `image_ids`, which is sorted.

    maps: float32 `(n, h, w)`, on a grid coarser than the picture, its first row above. A map's mean
    with the image's offset is its logit, float64 `(n,)`, the mean over the folds; scores are the
    mean of the folds' probabilities, 0 to 1.

    >>> maps = np.array([[[2.0, 0.0], [0.0, 0.0]]], np.float32)  # it is the upper left corner
    >>> found = Explanation(("a",), maps, *np.array([[-1.0], [-0.5], [0.4]]))
    >>> float(found.maps[0].mean() + found.offsets[0]), float(found.logits[0])
    (-0.5, -0.5)
    """

    image_ids: tuple[str, ...]
    maps: NDArray[np.float32]
    offsets: Floats
    logits: Floats
    scores: Floats


def explain(
    member: Path | str,
    images: AnyImages,
    *,
    hardware: HardwareSettings | None = None,
    cache: Path | str | None = None,
    trained_on: TrainedOn = "refuse",
) -> Explanation:
    """Give where in each image the trained `member` finds what makes its score, without gradients.

    Each place of a map holds what the features there add to the logit of a positive (class
    activation mapping, Zhou et al. 2016, arXiv:1512.04150), the mean over the folds; the offset is
    what does not depend on a place: the bias, and what the metadata add. With an output a
    diagnosis, a map is the sum of the classes', each weighted with the derivative of the read-out
    logit by its own; mean and offset still add up to the logit.

    Images are looked at as they are: test-time augmentation is left out, also of the scores. What
    may be given as `images` and what is refused, by MelError, is as in `mel.cnn.predict`.

    >>> from mel.tables import ImageTable
    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> found = explain("work/demo/cnn/efficientnetv2_micro-32", table.test.head(2))
    >>> found.maps.shape, found.logits.shape  # images, rows, columns
    ((2, 8, 8), (2,))
    """
    machine = (hardware or HardwareSettings()).model_copy(update={"devices": 1})
    asked = Asked.of(member, images, TtaSettings(), machine, trained_on)
    found = asked.answer("explain", "maps.npz", _read, cache)
    return Explanation(
        tuple(asked.frame["image_id"].to_list()),
        found["maps"].astype(np.float32),
        *(found[name] for name in ("offsets", "logits", "scores")),
    )


def _read(path: Path) -> dict[str, NDArray[np.float64]]:
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
