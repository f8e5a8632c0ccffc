"""Crop, pad and squash; rims that are cut off and moles that are not; the colour of the light."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from mel.errors import MelError
from mel.images import Framing, decode
from mel.images.borders import MOST, lit_box
from mel.images.colour import shades_of_grey
from mel.images.framing import wanted

SKIN, MOLE = (215, 160, 140), (90, 50, 40)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def skin(width: int, height: int) -> Image.Image:
    """Skin with a mole in the middle."""
    image = Image.new("RGB", (width, height), SKIN)
    box = (width * 0.4, height * 0.35, width * 0.6, height * 0.65)
    ImageDraw.Draw(image).ellipse(box, fill=MOLE)
    return image


def dermatoscope(width: int, height: int) -> Image.Image:
    """A lit circle as high as the picture, on black."""
    image = Image.new("RGB", (width, height))
    left = (width - height) / 2
    ImageDraw.Draw(image).ellipse((left, 0, left + height, height), fill=SKIN)
    return image


# the fits


def test_crop_is_the_default() -> None:
    data = encoded(skin(90, 60))
    assert (decode(data, 32) == decode(data, 32, framing=Framing())).all()
    assert (decode(data, 32) == decode(data, 32, framing=Framing(fit="crop"))).all()


def test_an_unknown_fit_is_refused_with_the_nearest() -> None:
    with pytest.raises(MelError, match=r"no fit 'padd'; did you mean 'pad'\?"):
        Framing(fit="padd")  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(80, 40), (40, 80)])
def test_pad_keeps_the_whole_picture_between_black_bars(shape: tuple[int, int]) -> None:
    pixels = decode(encoded(Image.new("RGB", shape, SKIN)), 80, framing=Framing(fit="pad"))
    upright = pixels if shape[0] > shape[1] else pixels.transpose(1, 0, 2)
    assert (upright[20:60] == SKIN).all()
    assert not upright[:20].any()
    assert not upright[60:].any()


def test_squash_fills_the_square_with_the_whole_picture() -> None:
    image = Image.new("RGB", (80, 40), SKIN)
    image.paste(MOLE, (0, 0, 20, 40))
    pixels = decode(encoded(image), 40, framing=Framing(fit="squash"))
    assert (pixels[:, :9] == MOLE).all()
    assert (pixels[:, 11:] == SKIN).all()


@pytest.mark.parametrize("fit", ["crop", "pad", "squash"])
def test_a_square_picture_is_the_same_in_every_fit(fit: str) -> None:
    data = encoded(skin(64, 64))
    assert (decode(data, 48, framing=Framing(fit=fit)) == decode(data, 48)).all()


@pytest.mark.parametrize("fit", ["crop", "pad", "squash"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (17, 3)])
def test_the_oddest_shapes_become_squares(shape: tuple[int, int], fit: str) -> None:
    for kind in ("PNG", "JPEG"):
        data = encoded(Image.new("RGB", shape, SKIN), kind)
        framing = Framing(fit=fit, trim_borders=True, colour_constancy=True)
        assert decode(data, 24, framing=framing).shape == (24, 24, 3)


@given(
    st.integers(1, 8000),
    st.integers(1, 8000),
    st.integers(1, 1024),
    st.sampled_from(["crop", "pad", "squash"]),
    st.booleans(),
)
def test_no_framing_asks_the_decoder_for_less_than_it_keeps(
    width: int, height: int, size: int, fit: str, trim: bool
) -> None:
    """Whatever is cut off at the borders, the kept part has the pixels that the square shows."""
    framing = Framing(fit=fit, trim_borders=trim)
    least = wanted(width, height, size, framing)
    left_over = 1 - 2 * MOST if trim else 1
    kept = (least[0] * left_over, least[1] * left_over)
    if fit == "pad":
        assert max(kept) >= size - 1e-9
        assert least[0] * height == pytest.approx(least[1] * width, abs=max(width, height))
    else:
        assert min(kept) >= size - 1e-9


def test_a_padded_picture_is_decoded_no_larger_than_it_is_shown() -> None:
    assert wanted(6000, 4000, 512, Framing(fit="pad")) == (512, 342)
    assert wanted(6000, 4000, 512, Framing(fit="crop")) == (512, 512)


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_framing_comes_after_turning(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.new("RGB", (80, 40), SKIN)
    pixels = decode(encoded(image, "JPEG", exif=exif), 80, framing=Framing(fit="pad"))
    bars_above = not pixels[:15].any()
    assert bars_above == (orientation == 3)


# rims


@pytest.mark.parametrize("share", [0.02, 0.1, 0.2])
def test_a_rim_is_cut_off_at_all_sides(share: float) -> None:
    image, edge = Image.new("RGB", (1200, 900), (4, 2, 3)), 0.5 * share
    box = (round(1200 * share), round(900 * edge), 1200 - round(1200 * edge), 900)
    image.paste(skin(box[2] - box[0], box[3] - box[1]), box[:2])
    assert lit_box(image) == pytest.approx(box, abs=6)


def test_a_round_field_of_view_loses_its_black_sides() -> None:
    left, upper, right, lower = lit_box(dermatoscope(1200, 800))
    assert left == pytest.approx(200, abs=30)
    assert right == pytest.approx(1000, abs=30)
    assert upper == pytest.approx(0, abs=40)
    assert lower == pytest.approx(800, abs=40)


@pytest.mark.parametrize(
    "image",
    [
        skin(300, 200),
        Image.new("RGB", (300, 200)),
        Image.new("RGB", (300, 200), (9, 9, 9)),
        Image.new("RGB", (300, 200), (255, 255, 255)),
        Image.new("RGB", (1, 1)),
    ],
    ids=["skin", "black", "nearly black", "white", "a pixel"],
)
def test_a_picture_without_a_rim_stays_whole(image: Image.Image) -> None:
    assert lit_box(image) == (0, 0, *image.size)


def test_a_rim_that_would_take_too_much_is_none() -> None:
    image = Image.new("RGB", (400, 400))
    image.paste(SKIN, (110, 0, 400, 400))
    assert lit_box(image) == (0, 0, 400, 400)
    image.paste(SKIN, (90, 0, 400, 400))
    assert lit_box(image) == (90, 0, 400, 400)


def test_a_dark_mole_that_fills_an_edge_is_no_rim() -> None:
    image = Image.new("RGB", (400, 300), SKIN)
    image.paste(MOLE, (0, 0, 80, 300))
    assert lit_box(image) == (0, 0, 400, 300)


def test_the_box_is_nearly_the_same_at_every_scale() -> None:
    whole = dermatoscope(2400, 1600)
    for factor in (2, 4, 8):
        small = lit_box(whole.reduce(factor))
        assert np.array(small) * factor == pytest.approx(lit_box(whole), abs=32)


def test_a_trimmed_picture_shows_no_black() -> None:
    image = Image.new("RGB", (800, 600))
    image.paste(SKIN, (100, 60, 700, 540))
    framing = Framing(fit="squash", trim_borders=True)
    assert (decode(encoded(image), 64, framing=framing)[2:-2, 2:-2] == SKIN).all()
    assert not decode(encoded(image), 64, framing=Framing(fit="squash"))[0].any()


# the light


def test_a_tint_of_the_light_is_taken_out() -> None:
    rng = np.random.default_rng(0)
    scene = rng.integers(20, 200, (64, 64, 1)).repeat(3, axis=2)
    tinted = (scene * [1.2, 1.0, 0.7]).astype(np.uint8)
    corrected = np.asarray(shades_of_grey(Image.fromarray(tinted))).astype(int)
    assert np.abs(corrected - corrected[..., 1:2]).max() <= 3


def test_grey_light_changes_nothing() -> None:
    grey = np.random.default_rng(1).integers(1, 256, (32, 32, 1), dtype=np.uint8)
    image = Image.fromarray(grey.repeat(3, axis=2))
    assert (np.asarray(shades_of_grey(image)) == np.asarray(image)).all()


def test_the_formula_is_the_papers() -> None:
    pixels = np.random.default_rng(2).integers(0, 200, (40, 30, 3), dtype=np.uint8)
    light = (pixels.astype(float) ** 6).mean(axis=(0, 1)) ** (1 / 6)
    light /= np.linalg.norm(light)
    expected = (pixels / (np.sqrt(3) * light)).round().clip(0, 255)
    assert (np.asarray(shades_of_grey(Image.fromarray(pixels))) == expected).all()


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 0, 0), (0, 9, 9)])
def test_a_picture_with_an_empty_channel_stays_as_it_is(colour: tuple[int, int, int]) -> None:
    image = Image.new("RGB", (8, 8), colour)
    assert shades_of_grey(image).getpixel((0, 0)) == colour


def test_black_bars_do_not_change_the_light() -> None:
    """Bars add equally little to every channel."""
    tinted = Image.new("RGB", (80, 40), (180, 120, 90))
    framing = Framing(fit="pad", colour_constancy=True)
    pixels = decode(encoded(tinted), 80, framing=framing)
    assert np.ptp(pixels[40, 40].astype(int)) <= 1
    assert not pixels[0].any()
