"""What the commands print: results on standard output, news on standard error."""

import json
import os
import pty
import re
import subprocess
import sys

import pytest

from mel.cli import show


def test_the_real_recipe_is_dry_run(mel, tmp_path):
    done = mel("run", "siim-2020", "--dry-run", "--work", tmp_path / "work")
    assert done.returncode == 0
    assert done.stdout.count("missing") >= 15
    assert "densenet121-256        7,037,504" in done.stdout
    assert not (tmp_path / "work").exists()


def test_a_dry_run_refuses_data_that_are_not_there(mel, tmp_path):
    done = mel("run", "siim-2020", "--dry-run", "--work", tmp_path, "--data", tmp_path / "none")
    assert done.returncode == 2
    assert "none" in done.stderr


def test_the_first_stages_one_by_one(mel, competition, recipe, tmp_path):
    work = tmp_path / "work"
    loaded = mel("kaggle", "load", recipe, "--data", competition, "--work", work)
    assert "84 images of 22 patients, 14 positive" in loaded.stdout
    assert "synthetic" in loaded.stdout
    built = mel("folds", "build", recipe, "--work", work)
    assert "nothing crosses" in built.stdout
    again = mel("folds", "build", recipe, "--work", work)
    assert "folds: done already, skipped (folds.parquet)" in again.stderr
    assert again.stdout == built.stdout
    audited = mel("folds", "audit", "--work", work, "--no-compare")
    assert audited.stdout == built.stdout
    assert json.loads((work / "audit" / "audit.json").read_text())["verdict"] in audited.stdout
    state = mel("status", "--work", work)
    begun = [line for line in state.stdout.splitlines() if not line.startswith(" ")]
    lines = [line.split()[:2] for line in begun]
    assert lines[:4] == [
        ["stage", "state"],
        ["load", "done"],
        ["folds", "done"],
        ["cnn/efficientnetv2_micro-32", "missing"],
    ]


def test_folds_that_leak_are_shown_and_end_with_status_one(mel, table, tmp_path):
    import polars as pl

    from mel.tables import Folds

    by_row = table.train.select("image_id", fold=pl.int_range(pl.len()) % 3)
    table.write(tmp_path / "images.parquet")
    Folds.of(by_row, seed=0, method="by row").write(tmp_path / "folds.parquet")
    done = mel("folds", "audit", "--work", tmp_path)
    assert done.returncode == 1
    assert "patients with" in done.stdout


def test_the_backbones_are_listed_by_pattern(mel):
    done = mel("cnn", "list", "densenet")
    assert [line.split()[0] for line in done.stdout.splitlines()] == [
        *("backbone", "densenet121", "densenet169", "densenet201")
    ]


def test_a_synthetic_competition_is_called_so(mel, tmp_path):
    done = mel("kaggle", "synth", "--tiny", "--out", tmp_path / "c", "--seed", 3)
    assert done.stdout == f"{tmp_path / 'c'} (synthetic)\n"
    assert (tmp_path / "c/train.csv").exists()


def test_a_piped_table_is_plain_aligned_text(capsys):
    show.table(("name", "value"), [("a", 1), ("longer", 22)])
    assert capsys.readouterr().out == "name    value\na       1\nlonger  22\n"


@pytest.mark.parametrize("columns", [60, 100])
def test_a_table_fits_the_terminal(columns):
    """On a real pseudo-terminal of that width."""
    code = (
        "from mel.cli import show\n"
        "show.table(('member', 'oof', 'held out'),"
        " [('efficientnetv2_b0-256', '0.9123 [0.901, 0.923]', '0.9 [0.8, 1.0]')] * 2)"
    )
    parent, child = pty.openpty()
    environment = os.environ | {"COLUMNS": str(columns), "TERM": "xterm"}
    subprocess.run([sys.executable, "-c", code], stdout=child, env=environment, check=True)
    os.close(child)
    drawn = re.sub(r"\x1b\[[0-9;]*m", "", os.read(parent, 65536).decode())
    os.close(parent)
    assert "member" in drawn
    assert max(len(line.rstrip()) for line in drawn.splitlines()) <= columns
