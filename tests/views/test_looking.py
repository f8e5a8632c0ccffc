"""Views are exact: turns lose nothing, and a turned picture has the views of the picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mel.config import TtaSettings
from mel.views import enlarge, seen, views

ALL = TtaSettings(turns="all", crops=5, crop_share=0.7)


def pictures(size: int, count: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def turned(images: np.ndarray, turn: int) -> np.ndarray:
    back = np.flip(images, 1) if turn & 1 else images
    return np.rot90(back, turn // 2, axes=(1, 2))


def in_any_order(found: list[np.ndarray]) -> list[bytes]:
    return sorted(view.tobytes() for view in found)


def test_the_first_view_is_the_image_itself() -> None:
    images = pictures(16)
    for how in (TtaSettings(), TtaSettings(turns="flips"), TtaSettings(turns="all")):
        assert np.array_equal(next(seen(images, views(how, 16), 1.0)), images)


def test_the_eight_turns_are_eight_pictures_and_the_four_flips_are_half_of_them() -> None:
    images = pictures(16, 1)
    eight = in_any_order(list(seen(images, views(TtaSettings(turns="all"), 16), 1.0)))
    four = in_any_order(list(seen(images, views(TtaSettings(turns="flips"), 16), 1.0)))
    assert len(set(eight)) == 8
    assert set(four) < set(eight)
    assert eight == in_any_order([turned(images, turn) for turn in range(8)])


@given(size=st.integers(16, 41), share=st.floats(0.3, 0.999), turn=st.integers(0, 7))
def test_a_turned_picture_has_the_same_views_to_the_bit(size: int, share: float, turn: int) -> None:
    how = ALL.model_copy(update={"crop_share": share})
    images = pictures(size, 1, seed=size)
    plain = in_any_order(list(seen(images, views(how, size), share)))
    assert in_any_order(list(seen(turned(images, turn), views(how, size), share))) == plain


def test_an_image_has_the_same_views_alone_and_among_others() -> None:
    images = pictures(24, 5)
    for view, alone in zip(
        seen(images, views(ALL, 24), 0.7), seen(images[3:4], views(ALL, 24), 0.7), strict=True
    ):
        assert np.array_equal(view[3:4], alone)


@pytest.mark.parametrize(("old", "new"), [(20, 32), (31, 32), (90, 128), (7, 33)])
def test_crops_are_enlarged_as_pillow_would(old: int, new: int) -> None:
    images = pictures(old, 2)
    for ours, image in zip(enlarge(images, new), images, strict=True):
        theirs = Image.fromarray(image).resize((new, new), Image.Resampling.BILINEAR)
        assert np.abs(ours.astype(int) - np.asarray(theirs).astype(int)).max() <= 1


def test_a_crop_shows_its_part_of_the_image() -> None:
    images = np.zeros((1, 40, 40, 3), np.uint8)
    images[:, :20, :20], images[:, 20:, 20:] = 100, 200
    how = TtaSettings(crops=5, crop_share=0.5)
    means = [float(view.mean()) for view in seen(images, views(how, 40), 0.5)]
    assert means == [75.0, 100.0, 0.0, 0.0, 200.0]


def test_every_combination_is_a_view_once() -> None:
    how = ALL.model_copy(update={"sizes": [48, 96]})
    found = views(how, 64)
    assert len(set(found)) == len(found) == how.views == 8 * 5 * 3
    assert [view.size for view in found] == [64] * 40 + [48] * 40 + [96] * 40
    assert {view.kind for view in found} == {
        f"{place} {size}" for place in ("middle", "corner") for size in (48, 64, 96)
    }
