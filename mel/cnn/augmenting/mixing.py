"""MixUp and CutMix: two images of a batch become one, and so do their labels."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mel.cnn.augmenting.compiled import compiled
from mel.cnn.augmenting.draws import Kind, Seed, generator
from mel.config import Augmentation

__all__ = ["Mixture", "mix"]

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Reals = NDArray[np.float32]


def mix(
    images: Bytes, labels: Reals, weights: Reals, seed: Seed, settings: Augmentation
) -> tuple[Bytes, Reals, Reals]:
    """Mix each image of a batch with another as the settings say; see `Mixture`.

    `images` uint8 `(n, s, s, 3)`, `labels` float32 `(n, k)`, `weights` of the loss float32
    `(n,)`; gives the same. `seed` is as in `augment`.

    >>> image = np.zeros((2, 4, 4, 3), dtype=np.uint8)
    >>> labels, weights = np.eye(2, dtype=np.float32), np.ones(2, dtype=np.float32)
    >>> _, labels, weights = mix(image, labels, weights, (0,), Augmentation(mixup=1.0))
    >>> labels.sum(axis=1).tolist(), weights.tolist()
    ([1.0, 1.0], [1.0, 1.0])
    """
    mixture = Mixture.of(len(images), images.shape[1], seed, settings)
    return mixture.images(images), *mixture.labels(labels, weights)


@dataclass(frozen=True)
class Mixture:
    """How the images of a batch are mixed: with which `others`, and the share each one keeps.

    MixUp (Zhang et al. 2018, arXiv:1710.09412) adds two images, the first by a share drawn from
    Beta(mixup, mixup). CutMix (Yun et al. 2019, arXiv:1905.04899) pastes a box of the other image;
    the shares are the areas there then are. With both, a coin is tossed an image.

    `others` int64, `shares` and `blends` float32 `(n,)`, `boxes` int64 `(n, 4)`, x0, y0, x1, y1.
    A blend is the share of the sum alone, 1 where a box is pasted. Without mixing `others` is None.
    """

    others: Ints | None
    shares: Reals
    blends: Reals
    boxes: Ints

    @classmethod
    def of(cls, count: int, size: int, seed: Seed, settings: Augmentation) -> Self:
        """Draw for `count` images of `size` pixels."""
        none, nowhere = np.ones(count, dtype=np.float32), np.zeros((count, 4), dtype=np.int64)
        if not (settings.mixup or settings.cutmix):
            return cls(None, none, none, nowhere)
        draw = generator(seed, Kind.MIX)
        others = _others(draw, count)
        cut = draw.random(count) < (settings.cutmix > 0) * (0.5 if settings.mixup > 0 else 1.0)
        blends = np.where(cut, 1, _shares(draw, settings.mixup, count)).astype(np.float32)
        boxes = _boxes(draw, _shares(draw, settings.cutmix, count), size) * cut[:, None]
        pasted = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]) / size**2
        return cls(others, np.where(cut, 1 - pasted, blends).astype(np.float32), blends, boxes)

    def images(self, images: Bytes) -> Bytes:
        """Mix uint8 images `(n, s, s, 3)`, which are left as they are."""
        if self.others is None:
            return images
        out = np.empty_like(images)
        _mix(np.ascontiguousarray(images), self.others, self.blends, self.boxes, out)
        return out

    def labels(self, labels: Reals, weights: Reals) -> tuple[Reals, Reals]:
        """Mix labels `(n, k)` and the weights of the loss `(n,)`.

        The loss of a mixed image shall be the two images' losses by their shares. So a weight is
        the mean by share, and a label the mean by share and weight: by share alone, where all
        weigh the same.
        """
        if self.others is None:
            return labels, weights
        own, foreign = self.shares * weights, (1 - self.shares) * weights[self.others]
        total = own + foreign
        part = np.divide(own, total, out=self.shares.copy(), where=total > 0)[:, None]
        mixed = part * labels + (1 - part) * labels[self.others]
        return mixed.astype(np.float32), total.astype(np.float32)

    def mean(self, values: Reals) -> Reals:
        """Mix other values of the images, `(n, m)`: their mean by share."""
        if self.others is None:
            return values
        share = self.shares[:, None]
        return np.asarray(share * values + (1 - share) * values[self.others], dtype=np.float32)


def _others(draw: np.random.Generator, count: int) -> Ints:
    """Give each image another one of the batch: itself only where there is no other."""
    order = draw.permutation(count)
    others = np.empty(count, dtype=np.int64)
    others[order] = np.roll(order, 1)
    return others


def _shares(draw: np.random.Generator, alpha: float, count: int) -> NDArray[np.float64]:
    return draw.beta(alpha, alpha, count) if alpha > 0 else np.ones(count)


def _boxes(draw: np.random.Generator, shares: NDArray[np.float64], size: int) -> Ints:
    """Draw a box an image, of 1 - share of its area but for what lies outside: x0, y0, x1, y1."""
    half = np.sqrt(1 - shares)[:, None] * size / 2
    middle = draw.uniform(0, size, (len(shares), 2))
    ends = np.concatenate([middle - half, middle + half], axis=1)
    return np.asarray(np.clip(np.rint(ends), 0, size), dtype=np.int64)


@compiled
def _mix(images: Bytes, others: Ints, blends: Reals, boxes: Ints, out: Bytes) -> None:
    for n in range(len(images)):
        own, other, mixed = images[n].ravel(), images[others[n]].ravel(), out[n].reshape(-1)
        share = np.int32(np.rint(blends[n] * 65536))
        rest, half = np.int32(65536) - share, np.int32(32768)
        for i in range(own.size):
            mixed[i] = (share * np.int32(own[i]) + rest * np.int32(other[i]) + half) >> 16
        left, top, right, bottom = boxes[n]
        out[n, top:bottom, left:right] = images[others[n], top:bottom, left:right]
