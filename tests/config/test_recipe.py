"""A recipe is read strictly: any fault is one line with the file, the key and a way out."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from mel.config import CnnSettings, EnsembleSettings, MemberSettings, Recipe
from mel.errors import MelError

ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "recipes").glob("*.toml"))
PLAIN = """
name = "toy"
[data]
adapter = "ham10000"
[cnn]
epochs = 3
[[cnn.members]]
backbone = "resnet"
size = 32
[[cnn.members]]
backbone = "resnet"
size = 64
epochs = 5
"""


def read(folder: Path, text: str | bytes) -> Recipe:
    path = folder / "toy.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return Recipe.read(path)


def refused(folder: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(MelError) as caught:
        read(folder, text)
    line = str(caught.value)
    assert line.startswith(f"{folder / 'toy.toml'}: ")
    assert "\n" not in line
    assert re.search(message, line), line


def with_cnn(setting: str) -> str:
    return PLAIN.replace("epochs = 3", setting)


def test_members_share_the_cnn_settings_unless_they_say_otherwise(tmp_path: Path) -> None:
    recipe = read(tmp_path, PLAIN)
    assert recipe.names == ["resnet-32", "resnet-64"]
    assert [member.epochs for member in recipe.cnn] == [3, 5]


def test_within_a_table_too_a_member_changes_only_what_it_says(tmp_path: Path) -> None:
    """A size that adds a view must not lose the shared turns, nor one that wants XLA the GPU."""
    shared = """
[cnn.tta]
turns = "all"
[cnn.hardware]
device = "gpu"
[cnn.source_weights]
isic2019 = 0.5
"""
    own = """
tta = { sizes = [48] }
hardware = { xla = "on" }
source_weights = { other = 0.1 }
"""
    first, second = read(tmp_path, PLAIN.replace("[[", f"{shared}[[", 1) + own).cnn
    assert (first.tta.turns, first.tta.sizes) == ("all", [])
    assert (second.tta.turns, second.tta.sizes) == ("all", [48])
    assert (first.hardware.xla, second.hardware.xla) == ("auto", "on")
    assert {first.hardware.device, second.hardware.device} == {"gpu"}
    assert second.source_weights == {"isic2019": 0.5, "other": 0.1}


@pytest.mark.parametrize("end", ["", "cnn = []\n", "[cnn]\n", "[cnn]\nmembers = []\n"])
def test_a_recipe_may_have_no_member_until_one_is_asked_for(tmp_path: Path, end: str) -> None:
    head, data = PLAIN.split("[cnn]")[0].split("[data]")
    text = f"{head}{end}[data]{data}" if end.startswith("cnn") else f"{head}[data]{data}{end}"
    recipe = read(tmp_path, text)
    assert recipe.names == []
    with pytest.raises(MelError, match=r"recipe toy: names no network .*\[\[cnn.members\]\]"):
        recipe.member("resnet-64")


def test_a_member_is_found_by_its_name(tmp_path: Path) -> None:
    recipe = read(tmp_path, PLAIN)
    assert recipe.member("resnet-64").size == 64
    with pytest.raises(MelError, match="no member 'resnet-65' in recipe toy; did you mean"):
        recipe.member("resnet-65")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (PLAIN.replace("[cnn]", "[cnn"), "is no readable TOML"),
        (b"name = '\xff'", "is no readable TOML"),
        ("", "name: Field required"),
        (PLAIN.replace('name = "toy"', ""), "name: Field required$"),
        (PLAIN.replace('"toy"', '"a/b"'), "name: .*got 'a/b'"),
        (PLAIN.replace('"toy"', '".."'), r"name: .*got '\.\.'"),
        (PLAIN.replace("ham10000", "ham"), "data.adapter: .*'ham10000'.*got 'ham'"),
        (PLAIN + "[fold]\nseed = 1", "fold: unknown setting; did you mean 'folds'"),
        (PLAIN + "[folds]\nn_fold = 1", "folds.n_fold: unknown setting; did you mean 'n_folds'"),
        (PLAIN + "[folds]\nn_folds = 1", "folds.n_folds: .*greater than or equal to 2, got 1"),
        (PLAIN + "[folds]\nseed = -1", "folds.seed: .*got -1"),
        (PLAIN + "[tabular]\nmetadata = ['agee']", "tabular.metadata.0: .*'age'.*got 'agee'"),
        (PLAIN + "[tabular]\nmetadata = 'age'", "tabular.metadata: .*valid list, got 'age'"),
        (PLAIN + "[ensemble]\nmethod = 'slsqp'", "ensemble.method: .*'greedy'.*got 'slsqp'"),
        (with_cnn("epoch = 3"), "cnn.0.epoch: unknown setting; did you mean 'epochs'"),
        (with_cnn("epochs = '3'"), "cnn.0.epochs: .*valid integer, got '3'"),
        (with_cnn("epochs = 3.0"), "cnn.0.epochs: .*valid integer, got 3.0"),
        (with_cnn("epochs = true"), "cnn.0.epochs: .*valid integer, got True"),
        (with_cnn("epochs = 0"), "cnn.0.epochs: .*greater than or equal to 1, got 0"),
        (with_cnn("learning_rate = inf"), "cnn.0.learning_rate: .*finite number, got inf"),
        (with_cnn("weight_decay = nan"), "cnn.0.weight_decay: .*, got nan"),
        (with_cnn("dropout = 1.0"), "cnn.0.dropout: .*less than 1, got 1.0"),
        (with_cnn("weights = 1"), "cnn.0.weights: .*valid string, got 1"),
        (with_cnn("batch_size = 'all'"), "cnn.0.batch_size: .*integer or 'auto', got 'all'"),
        (
            with_cnn("batch_size = 0"),
            r"cnn.0.batch_size: .* or equal to 1 or 'auto', got 0 \(and 1",
        ),
        (with_cnn("positive_weight = 'x'"), "positive_weight: .*number or 'balanced', got 'x'"),
        (with_cnn("augmentation = {zom = 0.1}"), "augmentation.zom: .*did you mean 'zoom'"),
        (with_cnn("augmentation = 3"), "cnn.0.augmentation: .*got 3"),
        (PLAIN.replace("size = 32\n", ""), "cnn.0.size: Field required"),
        (PLAIN.replace("size = 32", "size = 8"), "cnn.0.size: .*16, got 8"),
        (PLAIN.replace("size = 32", "size = 64"), "member resnet-64 is given 2 times"),
        (PLAIN.split("[[")[0], r"cnn: .* no effect without a member; add .*\[\[cnn.members\]\]"),
        (PLAIN.split("[[")[0].replace("epochs", "epoch"), "cnn.epoch: .*did you mean 'epochs'"),
        (PLAIN.replace("cnn.members", "cnn.member"), "cnn.member: .*did you mean 'members'"),
        (PLAIN.split("[cnn]")[0] + "[cnn]\nmembers = 3", "cnn: .*valid list"),
        (PLAIN.split("[cnn]")[0] + "[cnn]\nmembers = ['a']", "cnn: .*valid list"),
        ("cnn = 3\n" + PLAIN.split("[cnn]")[0], "cnn: .*valid list, got 3"),
        (PLAIN + "[tabular]\nname = 'blend'", "ensemble.name 'blend' is also .* the stack"),
        (PLAIN + "[tabular]\nname = 'resnet-64'", "tabular.name 'resnet-64' .* a member"),
        (PLAIN + "[ensemble]\nname = 'resnet-32'", "ensemble.name 'resnet-32' .* a member"),
        (PLAIN + "[tabular]\nname = 'fold'", "tabular.name 'fold' .* a column"),
        (PLAIN + "[ensemble]\nname = 'image_id'", "ensemble.name 'image_id' .* a column"),
        (with_cnn("epochs = 3\nwarmup_epochs = 4"), "cnn.0: warmup_epochs 4 is above epochs 3"),
    ],
)
def test_every_fault_is_one_line_with_the_key(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    refused(tmp_path, text, message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[ensemble]\nmethod = 'mean'\nrounds = 30", "ensemble: rounds has no effect.*'mean'"),
        ("[tabular]\nmetadata = ['age', 'sex', 'age']", "tabular.metadata: age is given 2 times"),
    ],
)
def test_a_setting_without_effect_is_refused(tmp_path: Path, text: str, message: str) -> None:
    refused(tmp_path, PLAIN + text, message)


def test_a_seed_of_a_hold_out_that_is_not_made_is_refused(tmp_path: Path) -> None:
    text = PLAIN.replace('"ham10000"', '"siim2020"\nseed = 0')
    refused(tmp_path, text, "data: seed has no effect without test_fraction")


def test_settings_that_keep_their_default_are_no_settings_without_effect(tmp_path: Path) -> None:
    found = read(tmp_path, PLAIN + "[ensemble]\nmethod = 'mean'")
    assert found.ensemble.digest == EnsembleSettings(method="mean").digest
    assert read(tmp_path, PLAIN.replace("[cnn]", "[cnn]\nwarmup_epochs = 3")).names


def test_a_byte_order_mark_changes_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbf" + PLAIN.encode()) == read(tmp_path, PLAIN)


def test_the_digests_of_trained_members_stay() -> None:
    """Days of training hang on them: a validator may refuse settings, never change their digest."""
    assert MemberSettings(backbone="resnet", size=32).training_digest == "60e4f9e2538bd177"


def test_further_faults_are_counted(tmp_path: Path) -> None:
    text = with_cnn("epoch = 3")
    refused(tmp_path, text, r"cnn\.0\.epoch: .* \(and 1 more\)$")


def test_a_missing_recipe_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(MelError, match=r"toy\.toml: no such recipe; see recipes/"):
        Recipe.read(tmp_path / "toy.toml")
    with pytest.raises(MelError, match="is no readable TOML"):
        Recipe.read(tmp_path)


def test_settings_never_change_after_they_are_read(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        read(tmp_path, PLAIN).name = "other"


def test_the_digest_changes_with_any_setting_and_not_with_the_file(tmp_path: Path) -> None:
    one = read(tmp_path, PLAIN)
    assert read(tmp_path, PLAIN.replace("\n[data]", "\n# a remark\n[data]")).digest == one.digest
    assert read(tmp_path, with_cnn("epochs = 4")).digest != one.digest
    assert read(tmp_path, with_cnn("epochs = 4")).cnn[1].digest == one.cnn[1].digest


@pytest.mark.parametrize("value", ["a", True, 0.5])
def test_python_settings_are_as_strict_as_a_recipe(value: object) -> None:
    with pytest.raises(ValidationError, match="epochs"):
        CnnSettings(epochs=value)


def test_a_member_is_named_for_what_it_is() -> None:
    assert MemberSettings(backbone="efficientnetv2_b0", size=256).name == "efficientnetv2_b0-256"


# the recipes that ship


def test_the_recipes_that_the_readme_names_are_there() -> None:
    assert {path.stem for path in RECIPES} >= {"ham10000", "siim-2020"}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_that_ships_is_read_without_a_fault(path: Path) -> None:
    assert Recipe.read(path).names


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_setting_of_a_recipe_has_a_unit_or_a_reason_beside_it(path: Path) -> None:
    """Only a name, of the recipe, a member or a backbone, explains itself."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if re.match(r"\s*(?!name|backbone)[\w.\"-]+\s*=", line):
            assert re.search(r"#\s*\S+", line), f"{path.name}:{number} says nothing of {line!r}"


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_opens_with_its_command(path: Path) -> None:
    head = path.read_text(encoding="utf-8").split("[")[0]
    assert f"mel run recipes/{path.name}" in head or "mel demo" in head
