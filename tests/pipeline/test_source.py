"""What the load stage keeps beside the images, and that a recipe of several sources is kept."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mel import pipeline
from mel.config import DataSettings, MemberSettings, Recipe
from mel.errors import MelError
from mel.files import read_json, read_table
from mel.pipeline import Work, recipes

_MEMBERS = [MemberSettings(backbone="efficientnetv2_micro", size=32, epochs=1)]


def _recipe(**data: Any) -> Recipe:
    settings = DataSettings.model_validate({"adapter": "siim2020", "images": "none", **data})
    return Recipe(name="sources", data=settings, cnn=_MEMBERS)


@pytest.fixture
def data(tiny_competition: Path, tmp_path: Path) -> Path:
    """Give the tables of a synthetic competition, one place without a word in the vocabulary."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("train.csv", "test.csv", "synthetic.json", "ISIC_2020_Training_Duplicates.csv"):
        if (tiny_competition / name).exists():
            (folder / name).write_bytes((tiny_competition / name).read_bytes())
    train = folder / "train.csv"
    train.write_text(train.read_text().replace("head/neck", "elbow"))
    return folder


def test_words_without_a_place_are_kept_and_listed(data: Path, tmp_path: Path) -> None:
    pipeline.only(_recipe(), tmp_path / "work", "load", data)
    (row,) = pipeline.unmapped(tmp_path / "work")
    count = pl.read_csv(data / "train.csv")["anatom_site_general_challenge"].eq("elbow").sum()
    assert (row["column"], row["value"], row["rows"]) == (
        "anatom_site_general_challenge",
        "elbow",
        count,
    )
    with pytest.raises(MelError, match=r"load.json: no such file"):
        pipeline.unmapped(tmp_path / "elsewhere")


def test_images_left_out_are_kept_with_their_reason(
    data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    work = Work(tmp_path / "work")
    pipeline.only(_recipe(drop_duplicates=True), work.root, "load", data)
    rows, _ = read_table(work.left_out, "left-out")
    assert rows["reason"].to_list() == ["is a copy of an image that stays"] * 2
    (note,) = read_json(work.load)["notes"]
    assert "2 images left out" in note
    assert note in capfd.readouterr().err
    pipeline.only(_recipe(), work.root, "load", data)
    assert not work.left_out.exists()


def test_a_recipe_of_several_sources_is_kept_as_an_equal_one(tmp_path: Path) -> None:
    columns = {"train": "a.csv", "image_id": "id", "target": "y", "site": "place"}
    columns["sites"] = {'a "b"': "torso"}
    given = _recipe(
        external=[
            {"adapter": "isic2019", "folder": "../2019", "missing_patient": "own"},
            {"adapter": "columns", "folder": "x", "columns": columns},
        ]
    )
    recipes.keep(given, None, tmp_path / "recipe.toml")
    assert Recipe.read(tmp_path / "recipe.toml") == given


def test_the_command_prints_what_has_no_place(
    data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from typer.testing import CliRunner

    from mel.cli.kaggle import app

    recipes.keep(_recipe(), None, tmp_path / "recipe.toml")
    words = ["load", tmp_path / "recipe.toml", "--data", data, "--work", tmp_path / "work"]
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    at = lines.index("")
    assert lines[at + 1].split() == ["column", "value", "rows", "source"]
    assert lines[at + 2].split()[:2] == ["anatom_site_general_challenge", "elbow"]
