"""The sheet shows what the settings ask for, and the same each time."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from mel.cnn.previewing import preview
from mel.cnn.previewing.rows import rows_of
from mel.config import Augmentation, MemberSettings
from mel.errors import ImageError, MelError

STRONG = Augmentation(
    rotation=180,
    shear=10,
    zoom=0.3,
    shift=0.1,
    brightness=0.2,
    contrast=0.2,
    saturation=0.3,
    hue=10,
    cutout=0.2,
    hair_share=0.5,
    border_share=0.5,
    mixup=0.4,
    cutmix=1.0,
)


def _member(augmentation=STRONG):
    return MemberSettings(backbone="efficientnetv2_micro", size=48, augmentation=augmentation)


@pytest.fixture
def images():
    draw = np.random.default_rng(0)
    coarse = draw.integers(60, 200, (3, 6, 6, 3)).astype(np.uint8)
    return np.stack([np.asarray(Image.fromarray(c).resize((48, 48))) for c in coarse])


def test_every_change_has_its_row_and_all_together_the_last(images):
    rows, idle = rows_of(images, _member())
    assert idle == []
    assert [row.title for row in rows] == [
        *("flips", "rotation", "shear", "zoom", "shift"),
        *("brightness", "contrast", "saturation", "hue"),
        *("hairs", "border", "cutout", "MixUp", "CutMix"),
        *["all together"] * 3,
    ]


def test_each_row_has_the_original_first_and_then_changed_pictures(images):
    rows, _ = rows_of(images, _member())
    for row in rows:
        assert any(np.array_equal(row.original, image) for image in images)
        assert len(row.cells) == 7
        same = [np.array_equal(cell.pixels, row.original) for cell in row.cells]
        assert sum(same) <= 3, row.title  # a draw may come to nothing


def test_what_is_off_is_named_and_has_no_row(images):
    rows, idle = rows_of(images, _member(Augmentation(zoom=0.2, hair_share=0.1)))
    assert [row.title for row in rows[:3]] == ["flips", "zoom", "hairs"]
    assert {"rotation", "hue", "border", "cutout", "mixup"} <= set(idle)


def test_the_ends_of_a_change_are_those_of_the_recipe(images):
    rows, _ = rows_of(images, _member(Augmentation(flips=False, brightness=0.2)))
    (row,) = (row for row in rows if row.title == "brightness")
    moved = [cell.pixels.mean() - row.original.mean() for cell in row.cells[:4]]
    assert [cell.caption for cell in row.cells[:4]] == ["-20 %", "-10 %", "+10 %", "+20 %"]
    assert moved == pytest.approx([-51, -25.5, 25.5, 51], abs=2)


def test_a_sheet_is_a_png_and_the_same_each_time(small, tmp_path):
    paths = small.train["path"][:3].to_list()
    one, other = (preview(paths, _member(), tmp_path / name) for name in ("a.png", "b.png"))
    assert one.read_bytes() == other.read_bytes()
    with Image.open(one) as sheet:
        assert sheet.width < 1600
        assert sheet.height > 17 * 150


def test_no_pictures_another_format_and_a_broken_picture_are_refused(small, tmp_path):
    paths = small.train["path"][:1].to_list()
    with pytest.raises(MelError, match=r"x\.jpg: the preview is a PNG"):
        preview(paths, _member(), tmp_path / "x.jpg")
    with pytest.raises(MelError, match="no pictures to show"):
        preview([], _member(), tmp_path / "x.png")
    with pytest.raises(ImageError, match=r"gone\.jpg"):
        preview([*paths, tmp_path / "gone.jpg"], _member(), tmp_path / "x.png")
    assert list(tmp_path.iterdir()) == []


def test_it_needs_no_tensorflow(small, tmp_path):
    code = (
        "import sys; from pathlib import Path; from mel.cnn.previewing import preview; "
        "from mel.config import MemberSettings; "
        "preview([sys.argv[1]], MemberSettings(backbone='x', size=32), Path(sys.argv[2])); "
        "print(*sys.modules)"
    )
    command = [sys.executable, "-c", code, small.train["path"][0], str(tmp_path / "x.png")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not {"tensorflow", "keras", "jax"} & set(done.stdout.split())
