"""What is printed fits a terminal of 80 columns, whatever the sources and the stages are called."""

import re
import shutil
from pathlib import Path

import pytest

from mel.cli import show

EXTERNAL = """
[[data.external]]
adapter = "columns"
folder = "../more"
source = "dermatoscopic-archive-of-another-hospital"
missing_patient = "own"
columns = { train = "train.csv", image_id = "image_name", target = "target" }
"""


def _renamed(folder: Path) -> None:
    """Other images than the competition's, or all would be left out as the same."""
    path = folder / "train.csv"
    path.write_text(path.read_text().replace("SYN_", "OTHER_"))


@pytest.fixture
def several(recipe: Path, competition: Path, tmp_path: Path) -> Path:
    """The recipe with an external source of a long name, and that beside the competition."""
    shutil.copytree(competition, tmp_path / "more")
    _renamed(tmp_path / "more")
    text = recipe.read_text().replace("[folds]", f'images = "none"\n{EXTERNAL}\n[folds]', 1)
    recipe.write_text(text)
    return recipe


def _fits(text: str) -> None:
    assert text
    assert [line for line in text.splitlines() if len(line) > 80] == []


def test_loading_external_sources_too_fits_a_terminal(mel, several, competition, tmp_path):
    done = mel("kaggle", "load", several, "--data", competition, "--work", tmp_path / "work")
    assert done.returncode == 0, done.stderr
    assert "dermatoscopic-archive-of-another-hospital" in done.stdout
    assert re.search(r"positive \(\d+\.\d %\)", done.stdout)
    _fits(done.stdout)


def test_a_status_fits_a_terminal_and_still_names_both_digests(mel, recipe, competition, tmp_path):
    work = tmp_path / "work"
    for words in (("kaggle", "load", "--data", competition), ("folds", "build")):
        done = mel(*words[:2], recipe, *words[2:], "--work", work)
        assert done.returncode == 0, done.stderr
    text = recipe.read_text().replace("n_folds = 2", "n_folds = 3")
    recipe.write_text(text.replace("efficientnetv2_micro", "efficientnetv2_b0"))
    found = mel("status", "--work", work, recipe).stdout
    _fits(found)
    assert " ".join(found.split()).count("input settings changed from") == 1
    _fits(mel("run", recipe, "--work", work, "--dry-run").stdout)


def test_a_word_that_is_too_long_is_never_cut():
    path = "a/" * 60
    assert show.filled(f"see {path} there", indent=10).split() == ["see", path, "there"]


def test_a_number_stays_with_its_per_cent():
    text = "a" * 76 + " 16.7 % of b"
    assert show.filled(text).splitlines() == ["a" * 76, "16.7 % of b"]
    assert show.filled("a" * 75 + " 1.7 % of b").splitlines() == ["a" * 75, "1.7 % of b"]


def test_each_line_of_a_fact_stands_under_the_first(capsys):
    show.facts(show.hanging({"a": "word " * 30, "name": "short"}))
    out = capsys.readouterr().out
    _fits(out)
    first, *more = out.splitlines()
    assert first.startswith("a     word")
    assert all(line.startswith("      word") for line in more[:-1])
    assert more[-1] == "name  short"


def test_a_share_is_written_one_way():
    """16.7 %, as figures and reports have it: the format code % leaves the blank out."""
    modules = Path(show.__file__).parents[1].rglob("*.py")
    assert [path.name for path in modules if re.search(r":[,.0-9]*%\}", path.read_text())] == []
