"""Pictures beside the training pictures: most new ones pass, what is none of them does not."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from mel.errors import MelError
from mel.images import decode
from mel.images.quality import MEASURES, SIDE, Looks, Quality, measures

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def looks(tiny_competition: Path) -> Looks:
    return Looks.fit(sorted((tiny_competition / "jpeg" / "train").glob("*.jpg")))


@pytest.fixture(scope="module")
def unseen(tiny_competition: Path) -> list[Pixels]:
    return [decode(path, SIDE) for path in sorted((tiny_competition / "jpeg/test").glob("*.jpg"))]


def flagged(looks: Looks, pictures: list[Pixels], warning: str) -> float:
    return float(np.mean([warning in looks.check(picture).warnings for picture in pictures]))


def test_unseen_pictures_of_the_same_kind_pass(looks: Looks, unseen: list[Pixels]) -> None:
    """At most one in ten has a warning, although only some ninety pictures were measured."""
    assert np.mean([looks.check(picture).fine for picture in unseen]) >= 0.9


def test_blurred_dark_and_bright_pictures_are_told_so(looks: Looks, unseen: list[Pixels]) -> None:
    def out_of_focus(x: Pixels) -> Pixels:
        return np.asarray(Image.fromarray(x).filter(ImageFilter.GaussianBlur(4)))

    assert flagged(looks, [out_of_focus(x) for x in unseen], "blurred") > 0.9
    assert flagged(looks, [(x * 0.25).astype(np.uint8) for x in unseen], "dark") > 0.9
    white = [(255 - (255 - x.astype(float)) * 0.15).astype(np.uint8) for x in unseen]
    assert flagged(looks, white, "bright") > 0.9


def test_what_is_no_skin_is_told_so(looks: Looks) -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    page = Image.new("RGB", (SIDE, SIDE), "white")
    for line in range(14):
        ImageDraw.Draw(page).text(
            (8, 8 + 17 * line), "no mole at all, but a page of text " * 2, "black"
        )
    blue = np.full((SIDE, SIDE, 3), (40, 90, 200), np.uint8)
    for picture in (noise, np.asarray(page), blue, np.zeros_like(blue)):
        found = looks.check(picture)
        assert "unlike" in found.warnings
        assert found.percentile == 100


def test_a_picture_of_few_pixels_is_told_so(looks: Looks, unseen: list[Pixels]) -> None:
    assert "small" in looks.check(unseen[0], 40).warnings
    assert "small" not in looks.check(unseen[0], 400).warnings
    assert "small" not in looks.check(unseen[0]).warnings


def test_a_file_its_bytes_and_its_pixels_say_the_same(looks: Looks, tiny_competition: Path) -> None:
    path = min((tiny_competition / "jpeg" / "test").glob("*.jpg"))
    with Image.open(path) as image:
        shorter = min(image.size)
    assert looks.check(path) == looks.check(path.read_bytes())
    assert looks.check(path) == looks.check(decode(path, SIDE), shorter)


def test_kept_as_json_they_judge_the_same(looks: Looks, unseen: list[Pixels]) -> None:
    again = Looks.of(json.loads(json.dumps(looks.as_dict(), allow_nan=False)))
    judged: list[Quality] = [again.check(picture) for picture in unseen]
    assert judged == [looks.check(picture) for picture in unseen]


def test_the_order_of_the_references_is_of_no_account(looks: Looks, tiny_competition: Path) -> None:
    paths = sorted((tiny_competition / "jpeg" / "train").glob("*.jpg"), reverse=True)
    assert Looks.fit(paths).as_dict() == looks.as_dict()


def test_broken_pictures_are_left_out_and_too_few_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"none")
    with pytest.raises(MelError, match="0 readable pictures; give at least 20"):
        Looks.fit([tmp_path / "a.jpg"])


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "x"},
        {"schema": 2},
        {"centre": [1.0]},
        {"whitening": ["a"]},
        {"oddness": [2.0, 1.0]},
        {"measures": []},
        {"sharp": "x"},
    ],
)
def test_what_was_not_fitted_is_refused(looks: Looks, change: dict[str, object]) -> None:
    with pytest.raises(MelError, match="looks"):
        Looks.of(looks.as_dict() | change)


def test_measures_are_finite_and_of_one_shape_only() -> None:
    for value in (0, 255):
        found = measures(np.full((SIDE, SIDE, 3), value, np.uint8))
        assert found.shape == (len(MEASURES),)
        assert np.isfinite(found).all()
    with pytest.raises(MelError, match="decode the picture at"):
        measures(np.zeros((8, 8, 3), np.uint8))
