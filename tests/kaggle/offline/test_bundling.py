"""The folder that is uploaded: whole, as Kaggle's client wants it, and its notebook runs."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import nbformat
import polars as pl
import pytest

from mel import submit
from mel.errors import MelError
from mel.files import digest_file
from mel.kaggle.offline import bundle

RECIPE = """\
name = "offline"
data = { adapter = "siim2020" }
[[cnn.members]]
backbone = "efficientnetv2_micro"
size = 32
"""


def _json(path: Path) -> dict:
    return json.loads(path.read_text())


def test_the_folder_holds_wheels_recipe_ensemble_digests_and_both_notebooks(offline):
    out = offline.made.folder
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert files == {
        *("dataset/wheels/mel-0.1.0-py3-none-any.whl", "dataset/recipe.toml", "dataset/blend.mel"),
        *("dataset/mel.json", "dataset/dataset-metadata.json"),
        *("train/train.ipynb", "train/kernel-metadata.json"),
        *("infer/infer.ipynb", "infer/kernel-metadata.json"),
    }
    said = _json(out / "dataset/mel.json")["sha256"]
    assert len(said) == 3
    assert all(digest_file(out / "dataset" / name) == digest for name, digest in said.items())
    assert not out.with_name("bundle.parts").exists()


def test_the_metadata_are_what_kaggles_client_takes(offline):
    out = offline.made.folder
    dataset = _json(out / "dataset/dataset-metadata.json")
    owner, slug = dataset["id"].split("/")
    assert owner == "me"
    assert 6 <= len(slug) <= 50
    assert 6 <= len(dataset["title"]) <= 50
    assert 20 <= len(dataset["subtitle"]) <= 80
    assert len(dataset["licenses"]) == 1
    for name, gpu in (("train", True), ("infer", False)):
        said = _json(out / name / "kernel-metadata.json")
        assert said["id"] == f"me/{said['title'].replace(' ', '-')}"
        assert (out / name / said["code_file"]).is_file()
        assert (said["enable_internet"], said["is_private"]) == (False, True)
        assert said["enable_gpu"] is gpu
        assert bool(said["machine_shape"]) is gpu
        assert said["dataset_sources"] == [dataset["id"]]
        assert (said["competition_sources"], said["kernel_sources"]) == (["demo"], [])


def test_the_notebooks_are_valid_and_have_no_outputs(offline):
    for path in offline.made.folder.rglob("*.ipynb"):
        found = nbformat.read(path, as_version=4)
        nbformat.validate(found)
        assert found.cells[0].source.startswith("# ")
        assert "{{" not in path.read_text().replace("{{_", "")
        for cell in found.cells:
            if cell.cell_type == "code":
                compile(cell.source, path.name, "exec")
                assert (cell.outputs, cell.execution_count) == ([], None)


@pytest.fixture
def notebook_python(tmp_path: Path) -> Path:
    """An environment with all that stands here but mel, as an image has it."""
    image, here = tmp_path / "image", Path(sysconfig.get_path("purelib"))
    image.mkdir()
    for entry in here.iterdir():
        if "mel" not in (entry.name, entry.name.partition("-")[0]) and entry.suffix != ".pth":
            (image / entry.name).symlink_to(entry)
    venv.create(tmp_path / "env", symlinks=True, with_pip=False)
    (site,) = (tmp_path / "env").glob("lib/*/site-packages")
    (site / "image.pth").write_text(f"{image}\n")
    return tmp_path / "env" / "bin" / "python"


def test_the_scoring_notebook_ends_with_a_checked_submission_and_no_index(
    offline, notebook_python: Path, tiny_competition: Path, tmp_path: Path
):
    """Its cells, one after another, in an environment without mel; as Kaggle lays things out."""
    place = tmp_path / "input"
    dataset = place / "datasets/me" / offline.made.names.name
    shutil.copytree(offline.made.folder / "dataset", dataset)
    shutil.copytree(tiny_competition, place / "competitions/demo")
    cells = nbformat.read(offline.made.folder / "infer/infer.ipynb", as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    own = {"MEL_KAGGLE_INPUT": str(place), "MEL_KAGGLE_WORKING": str(tmp_path)}
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(notebook_python), "-c", f"{code}\nprint(mel.__file__)"]
    options = {"capture_output": True, "text": True, "cwd": tmp_path}
    done = subprocess.run(command, env=kept | own, check=False, **options)
    assert done.returncode == 0, done.stderr
    assert str(notebook_python.parents[1]) in done.stdout.splitlines()[-1]
    sample = pl.read_csv(tiny_competition / "sample_submission.csv")
    submit.check(tmp_path / "submission.csv", sample)
    assert pl.read_csv(tmp_path / "submission.csv")["target"].n_unique() > 3

    (dataset / "recipe.toml").write_text("changed")
    done = subprocess.run(command, env=kept | own, check=False, **options)
    assert "recipe.toml is not the file that was uploaded" in done.stderr


def test_without_an_ensemble_weights_go_along_and_scoring_takes_what_the_training_made(
    offline, freeze, tmp_path: Path
):
    """Weights by their folder's name; the recipe in the dataset names them there."""
    preset = tmp_path / "presets" / "b0"
    preset.mkdir(parents=True)
    (preset / "config.json").write_text("{}")
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(f"{RECIPE}weights = '{preset}'\n")
    options = {"image": freeze, "python": _python(), "wheel": _own(offline), "data": "us/moles"}
    found = bundle(tmp_path / "out", recipe, "me", **options)
    text = (tmp_path / "out/dataset/recipe.toml").read_text()
    assert 'weights = "weights/b0"' in text
    assert (tmp_path / "out/dataset/weights/b0/config.json").is_file()
    assert str(tmp_path) not in text
    said = _json(tmp_path / "out/infer/kernel-metadata.json")
    assert said["kernel_sources"] == ["me/mel-offline-train"]
    assert said["dataset_sources"] == ["me/mel-offline", "us/moles"]
    assert said["competition_sources"] == []
    cells = nbformat.read(tmp_path / "out/infer/infer.ipynb", as_version=4).cells
    assert any('attached("mel-offline-train")' in cell.source for cell in cells)
    assert found.uploads[0].endswith("--dir-mode zip")


@pytest.mark.parametrize(
    ("lines", "options", "told"),
    [
        ("weights = 'imagenet'", {}, "takes ImageNet weights from the network"),
        ("weights = 'no/such'", {}, "weights 'no/such': no such folder"),
        ("", {"train": False}, "give a serving bundle"),
        ("", {"name": "My Data"}, "'my-data' would do"),
        ("", {"accelerator": "H100"}, "known: none, NvidiaTeslaT4"),
        ("", {"models": ["keras/resnet"]}, "OWNER/MODEL/FRAMEWORK"),
        ("", {"image": "no.txt"}, "no such list of an image"),
        ("", {"wheel": "no.whl"}, "no such wheel"),
        ("", {"wheel": "mel-1.whl"}, "is no wheel of mel's"),
        ("", {"wheel": "mel-1-py3-none-any.whl"}, "is no readable wheel"),
        ("", {"data": "https://www.kaggle.com/c/titanic"}, "give a competition's name"),
        ("", {"data": 'a"b'}, "give a competition's name"),
        ("", {"serving": "no.mel"}, "no.mel"),
    ],
)
def test_what_could_not_work_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch, lines: str, options: dict, told: str
):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE + lines)
    for name in ("mel-1.whl", "mel-1-py3-none-any.whl"):
        (tmp_path / name).write_text("cut off")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MelError, match=told):
        bundle(tmp_path / "out", recipe, "me", **options)
    assert {path.suffix for path in tmp_path.iterdir()} == {".toml", ".whl"}


def test_a_bundle_of_synthetic_images_is_warned_of(handmade: Path, tmp_path: Path, capsys):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE)
    with pytest.raises(MelError, match="no such wheel"):
        bundle(tmp_path / "out", recipe, "me", serving=handmade / "blend.mel", wheel="no.whl")
    assert "blend.mel: was made from synthetic images" in capsys.readouterr().err


def test_a_folder_of_somebody_elses_is_not_written_over(tmp_path: Path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").touch()
    (tmp_path / "recipe.toml").write_text(RECIPE)
    with pytest.raises(MelError, match="no folder of mel kaggle bundle's"):
        bundle(tmp_path / "out", tmp_path / "recipe.toml", "me")


def _own(offline) -> Path:
    return next((offline.made.folder / "dataset/wheels").glob("mel-*.whl"))


def _python() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"
