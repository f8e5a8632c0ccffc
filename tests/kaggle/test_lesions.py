"""Synthetic lesions: the same from the same seed, and their traits can be seen in the pixels."""

from dataclasses import replace

import numpy as np
import pytest

from mel.kaggle.lesions import Traits, draw_traits, render
from mel.kaggle.skin import Look, draw_look
from mel.metrics import auc

_PLAIN = Look(tone=(220, 180, 170), light=0.03, mottle=2.0, hairiness=0.0, lens=0.0)
_MOLE = Traits(asymmetry=0.0, irregularity=0.0, variegation=0.0, radius=0.25, depth=0.8)


def _draw(traits: Traits, seed: int) -> np.ndarray:
    return render(_PLAIN, traits, np.random.default_rng(seed)).astype(float)


def test_a_picture_depends_on_its_own_generator_alone() -> None:
    np.random.seed(1)  # the global state must be of no account
    first = _draw(_MOLE, 5)
    _draw(_MOLE, 6)
    np.random.seed(2)
    assert np.array_equal(first, _draw(_MOLE, 5))
    assert not np.array_equal(first, _draw(_MOLE, 6))


def test_the_lesion_is_darker_than_the_skin_around_it() -> None:
    for seed in range(10):
        picture = _draw(_MOLE, seed)
        assert picture[50:70, 70:90].mean() < picture[:10, :10].mean() - 30


def _outline(picture: np.ndarray) -> np.ndarray:
    return np.asarray(picture.sum(axis=2) < picture[:15].sum(axis=2).mean() - 110)


def _roughness(picture: np.ndarray) -> float:
    mask = _outline(picture)
    edges = (mask[1:] != mask[:-1]).sum() + (mask[:, 1:] != mask[:, :-1]).sum()
    return float(edges / np.sqrt(mask.sum()))


def _lopsidedness(picture: np.ndarray) -> float:
    mask = _outline(picture)
    y, x = np.nonzero(mask)
    mirrored = (2 * y.mean() - y).round().astype(int), (2 * x.mean() - x).round().astype(int)
    inside = (mirrored[0] >= 0) & (mirrored[0] < 120) & (mirrored[1] >= 0) & (mirrored[1] < 160)
    return float(1 - mask[mirrored[0][inside], mirrored[1][inside]].mean())


def _colourfulness(picture: np.ndarray) -> float:
    inside = picture[_outline(picture)]
    return float((inside / inside.sum(axis=1, keepdims=True)).std(axis=0).sum())


@pytest.mark.parametrize(
    ("trait", "seen"),
    [
        ("asymmetry", _lopsidedness),
        ("irregularity", _roughness),
        ("variegation", _colourfulness),
    ],
)
def test_each_trait_shows_in_the_pixels(trait, seen) -> None:
    low = [seen(_draw(_MOLE, seed)) for seed in range(12)]
    high = [seen(_draw(replace(_MOLE, **{trait: 0.8}), seed)) for seed in range(12)]
    assert np.mean(high) > 1.2 * np.mean(low)


def test_traits_tell_the_classes_apart_but_not_fully() -> None:
    rng = np.random.default_rng(0)
    targets = np.repeat([0, 1], 400)
    traits = [draw_traits(int(target), rng) for target in targets]
    for name in ("asymmetry", "irregularity", "variegation"):
        assert 0.7 < auc(targets, [getattr(one, name) for one in traits]) < 0.97


def test_every_drawn_lesion_can_be_rendered() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        picture = render(draw_look(rng), draw_traits(seed % 2, rng), rng)
        assert (picture.shape, picture.dtype) == ((120, 160, 3), np.uint8)
        assert picture.std() > 5
