"""Synthetic skin: in range, drawn from its generator alone, with hairs and a rim where asked."""

from dataclasses import replace

import numpy as np

from mel.kaggle.skin import HEIGHT, WIDTH, draw_look, grid, hairs, noise, rim, skin


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_pixels_are_square_and_the_centre_is_zero() -> None:
    x, y = grid()
    assert x.shape == y.shape == (HEIGHT, WIDTH)
    assert np.isclose(x[0, 1] - x[0, 0], y[1, 0] - y[0, 0])
    assert abs(x.mean()) < 1e-6
    assert abs(y.mean()) < 1e-6


def test_noise_is_smooth_and_about_zero() -> None:
    field = noise(_rng(), 20)
    assert field.shape == (HEIGHT, WIDTH)
    assert abs(field.mean()) < 0.25 < field.std()
    assert np.abs(np.diff(field, axis=1)).mean() < 0.3 * field.std()


def test_skin_is_near_its_tone() -> None:
    for seed in range(20):
        look = draw_look(_rng(seed))
        picture = skin(look, _rng(seed))
        assert np.abs(picture.mean(axis=(0, 1)) - look.tone).max() < 25


def test_hairs_darken_only_hairy_skin() -> None:
    bald, hairy = (replace(draw_look(_rng()), hairiness=h) for h in (0.0, 20.0))
    picture = skin(bald, _rng())
    assert np.array_equal(hairs(picture, bald, _rng()), picture)
    assert hairs(picture, hairy, _rng()).mean() < picture.mean() - 1


def test_a_lens_leaves_black_corners_and_a_bright_centre() -> None:
    look = replace(draw_look(_rng()), lens=0.65)
    picture = rim(np.full((HEIGHT, WIDTH, 3), 200, dtype=np.float32), look)
    assert picture[0, 0].max() < 20
    assert picture[HEIGHT // 2, WIDTH // 2].min() > 190
