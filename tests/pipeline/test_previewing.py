"""The preview of a recipe: of its work folder's pictures, or of synthetic ones."""

import pytest
from PIL import Image

from mel import pipeline
from mel.errors import MelError
from mel.pipeline.previewing import cnn_preview


def test_without_a_work_folder_synthetic_pictures_are_shown(recipe_file, tmp_path):
    out = cnn_preview(recipe_file, tmp_path / "sheet.png")
    with Image.open(out) as sheet:
        assert sheet.format == "PNG"


def test_with_a_work_folder_its_own_pictures_are_shown(recipe_file, competition, tmp_path):
    pipeline.only(recipe_file, tmp_path / "work", "load", competition)
    own = cnn_preview(recipe_file, tmp_path / "own.png", tmp_path / "work")
    drawn = cnn_preview(recipe_file, tmp_path / "drawn.png")
    assert own.read_bytes() != drawn.read_bytes()


def test_a_member_is_chosen_by_its_name(recipe_file, tmp_path):
    first, second = (
        cnn_preview(recipe_file, tmp_path / f"{size}.png", member=f"efficientnetv2_micro-{size}")
        for size in (32, 16)
    )
    assert first.read_bytes() == cnn_preview(recipe_file, tmp_path / "x.png").read_bytes()
    assert first.read_bytes() != second.read_bytes()


def test_an_unknown_member_and_a_folder_without_images_are_refused(recipe_file, tmp_path):
    with pytest.raises(MelError, match="did you mean 'efficientnetv2_micro-"):
        cnn_preview(recipe_file, tmp_path / "x.png", member="efficientnetv2_mikro-32")
    with pytest.raises(MelError, match="no such work folder"):
        cnn_preview(recipe_file, tmp_path / "x.png", tmp_path / "nowhere")
