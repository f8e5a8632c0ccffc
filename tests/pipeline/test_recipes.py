"""Every recipe that comes with mel is valid, explained line by line, and found by its name."""

import re
from pathlib import Path

import pytest

from mel import pipeline
from mel.config import DataSettings, EnsembleSettings, MemberSettings, Recipe
from mel.errors import MelError
from mel.pipeline import recipes

ALL = recipes.embedded()


@pytest.mark.parametrize("name", ALL)
def test_every_recipe_that_comes_with_mel_can_be_run(name):
    recipe = Recipe.read(ALL[name])
    recipes.vet(recipe)
    assert recipe.name == name


@pytest.mark.parametrize("name", ALL)
def test_every_setting_in_a_recipe_has_its_unit_or_reason_beside_it(name):
    lines = ALL[name].read_text().splitlines()
    bare = [line for line in lines if re.match(r"\w+ *=", line) and "#" not in line]
    assert not bare


@pytest.mark.parametrize("name", ALL)
def test_every_recipe_opens_with_command_hardware_time_and_score(name):
    head = ALL[name].read_text().split("\n\n")[0]
    assert all(re.search(rf"^# {word} ", head, re.M) for word in ("Command", "Hardware", "Time"))
    assert re.search(r"^# Score ", head, re.M)


def test_the_real_recipe_has_the_families_and_sizes_asked_for():
    members = Recipe.read(ALL["siim-2020"]).cnn
    assert {m.backbone for m in members} == {
        *("efficientnetv2_s", "efficientnetv2_b0", "efficientnetv2_b1", "efficientnetv2_b2"),
        *("resnet50_v2", "densenet121"),
    }
    assert {m.size for m in members} == {256, 384, 512}


def test_the_real_recipe_can_be_dry_run_and_makes_nothing(tmp_path):
    states = pipeline.plan(Path("siim-2020"), tmp_path / "work")
    assert [state.kind for state in states] == ["missing"] * 15
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize("text", ["tiny", "tiny.toml", "recipes/tiny.toml"])
def test_a_recipe_of_mels_own_is_found_by_name_from_anywhere(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert recipes.find(Path(text)) == ALL["tiny"]


def test_a_file_comes_before_a_recipe_of_the_same_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("tiny.toml").write_text("")
    assert recipes.find(Path("tiny.toml")) == Path("tiny.toml")


def test_a_recipe_that_is_nowhere_is_answered_with_those_there_are(tmp_path):
    with pytest.raises(MelError, match=r"no such recipe.*siim-2020, tiny"):
        recipes.find(tmp_path / "none.toml")


def test_settings_given_as_objects_are_kept_as_an_equal_recipe(tmp_path):
    given = Recipe(
        name="mine",
        data=DataSettings(adapter="siim2020", missing_patient="own"),
        cnn=[
            MemberSettings(backbone="resnet18_v2", size=64, learning_rate=3e-5),
            MemberSettings(backbone="densenet121", size=96, weights='a "quoted" \\ folder'),
        ],
    )
    recipes.keep(given, None, tmp_path / "recipe.toml")
    assert Recipe.read(tmp_path / "recipe.toml") == given


def test_a_kept_recipe_holds_no_setting_that_would_be_refused(tmp_path):
    """The default rounds of a greedy blend would have no effect on a mean."""
    given = Recipe(
        name="mine",
        data=DataSettings(adapter="siim2020"),
        cnn=[MemberSettings(backbone="resnet18_v2", size=64)],
        ensemble=EnsembleSettings(method="mean"),
    )
    recipes.keep(given, None, tmp_path / "recipe.toml")
    assert Recipe.read(tmp_path / "recipe.toml").digest == given.digest


def test_a_recipe_from_a_file_is_kept_byte_for_byte(tmp_path):
    recipes.keep(Recipe.read(ALL["demo"]), ALL["demo"], tmp_path / "recipe.toml")
    assert (tmp_path / "recipe.toml").read_bytes() == ALL["demo"].read_bytes()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"backbone": "efficientnetv2_b9"}, "did you mean"),
        ({"backbone": "resnet18_v2", "weights": "imagenet"}, "has no ImageNet weights"),
        ({"backbone": "resnet18_v2", "weights": "no/such/folder"}, "no such preset folder"),
    ],
)
def test_what_could_not_be_trained_is_refused_before_anything_is_made(settings, said, tmp_path):
    member = MemberSettings(size=64, **settings)
    recipe = Recipe(name="bad", data=DataSettings(adapter="siim2020"), cnn=[member])
    with pytest.raises(MelError, match=said):
        pipeline.run(recipe, tmp_path / "work")
    assert not (tmp_path / "work").exists()
