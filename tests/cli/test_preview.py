"""`mel cnn preview` writes a sheet and says where; its faults are one line."""

from pathlib import Path

from PIL import Image


def test_the_sheet_is_written_and_named(mel, recipe: Path, tmp_path: Path) -> None:
    done = mel("cnn", "preview", recipe, "--out", tmp_path / "sheet.png")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{tmp_path / 'sheet.png'}: written\n"
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.format == "PNG"


def test_another_format_is_refused_in_one_line(mel, recipe: Path, tmp_path: Path) -> None:
    done = mel("cnn", "preview", recipe, "--out", tmp_path / "sheet.jpg")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "give a file that ends in .png" in done.stderr
