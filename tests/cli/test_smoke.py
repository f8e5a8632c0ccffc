"""One real run as a user starts it: its news, its files, and what works without TensorFlow."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from mel.files import read_json, versions

pytestmark = pytest.mark.slow
_STAGE = r"(load|folds|(cnn|tabular|ensemble|submit)/[\w.-]+)"
_FORMS = (
    r"demo: the competition is SYNTHETIC; .*",
    rf"{_STAGE}: (missing|stale), .*; making it",
    rf"{_STAGE}: made in \d+ s",
    r"folds: \d+ folds of \d+ images, checked by .*: nothing crosses",
    r"[\w -]+( fold \d+ \(of \d+\))?: on (cpu|gpu).*",
    r"[\w:, -]+( fold \d+ \(of \d+\))?: [\d,]+/[\d,]+ (images|folds|members|reports).*",
)
_WITHOUT = """\
import sys
from importlib.machinery import PathFinder

class Without(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "keras", "keras_cv"):
            return None
        return super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Without
"""


def test_a_real_run_writes_only_its_own_news_to_standard_error(smoke):
    """No warning of TensorFlow's, Keras's or LightGBM's gets through."""
    _, done = smoke
    assert done.returncode == 0
    lines = done.stderr.splitlines()
    assert len(lines) > 10
    assert [line for line in lines if not any(re.fullmatch(form, line) for form in _FORMS)] == []


def test_every_artefact_of_a_run_says_what_it_is_and_was_made_from(smoke):
    work, _ = smoke
    found = {}
    for path in work.rglob("*.parquet"):
        header = _header(path)
        name = path.relative_to(work).as_posix()
        found.setdefault(header["kind"], []).append(name)
        if header["kind"] == "history":  # of a training, for a person to look at
            continue
        assert header["schema"] == 1, name
        assert re.fullmatch(r"[0-9a-f]{16}", header["digest"]), name
        assert header["versions"].keys() == versions().keys(), name
        assert "settings" in header["inputs"], name
        if header["kind"] == "predictions":
            assert {"images", "folds"} <= header["inputs"].keys(), name
            assert header["name"] in name.replace("/", "-"), name
    assert {kind: len(names) for kind, names in found.items()} == {
        "images": 1,
        "folds": 1,
        "solution": 1,
        "predictions": 14,
        "importance": 1,
        "history": 3,
        "reference": 2,
    }
    for name in ("ensemble/blend/blend.json", "submissions/blend.json"):
        content = read_json(work / name)
        assert {"kind", "schema", "name", "inputs", "versions"} <= content.keys(), name


def _header(path):
    """Give the header of any of mel's Parquet files."""
    import json

    return json.loads(pl.read_parquet_metadata(path)["mel"])


@pytest.fixture
def bare(tmp_path):
    """Run `mel` where TensorFlow and Keras are not installed."""
    place = tmp_path / "without"
    place.mkdir()
    (place / "sitecustomize.py").write_text(_WITHOUT)
    paths = [str(place), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}

    def run(*words):
        command = [sys.executable, "-m", "mel.cli", *map(str, words)]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, timeout=120
        )

    code = "import importlib.util as u; print(u.find_spec('tensorflow'), u.find_spec('polars'))"
    told = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.startswith("None ModuleSpec")
    return run


def test_everything_but_the_networks_works_without_tensorflow(smoke, bare, recipe, tmp_path):
    """All that the members' scores lead to is made again, and is the same to the last digit."""
    work = Path(shutil.copytree(smoke[0], tmp_path / "work"))
    for place in ("tabular", "ensemble", "submissions"):
        shutil.rmtree(work / place)
    (work / "folds.parquet").unlink()
    for words in (("folds", "build"), ("tabular", "train"), ("ensemble", "blend")):
        done = bare(*words, recipe, "--work", work)
        assert done.returncode == 0, done.stderr
        assert "held-out" not in done.stdout
    assert bare("submit", "make", "--work", work).returncode == 0
    for name in ("folds.parquet", "tabular/lightgbm/oof.parquet", "ensemble/blend/test.parquet"):
        assert _header(work / name)["digest"] == _header(smoke[0] / name)["digest"]
    submission = "submissions/blend.csv"
    assert (work / submission).read_bytes() == (smoke[0] / submission).read_bytes()


def test_training_without_tensorflow_is_one_line_that_says_how_to_get_it(
    smoke, bare, recipe, tmp_path
):
    work = Path(shutil.copytree(smoke[0], tmp_path / "work"))
    shutil.rmtree(work / "cnn")
    done = bare("cnn", "train", recipe, "--work", work)
    assert done.returncode == 2
    *news, last = done.stderr.splitlines()
    assert last.startswith("mel: ")
    assert "pip install 'mel[train]'" in last
    assert [line for line in news if not any(re.fullmatch(form, line) for form in _FORMS)] == []
    assert not list(work.rglob("checkpoint*"))


def test_an_edited_submission_ends_its_check_with_status_one(smoke, mel, tmp_path):
    work = Path(shutil.copytree(smoke[0], tmp_path / "work"))
    file = work / "submissions/blend.csv"
    assert mel("submit", "check", file, "--work", work).returncode == 0
    file.write_text(re.sub(r",[^,]*\n$", ",0.5\n", file.read_text()))
    done = mel("submit", "check", file, "--work", work)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "was changed after it was made" in done.stderr
    assert not done.stdout
