"""The whole proof, by `make test-offline`: a minute, 200 MB of wheels, and a network to get them.

An environment with nothing but Jupyter's kernel, no package index that could be reached, and the
scoring notebook as it is pushed to Kaggle, run from top to bottom.
"""

import json
import os
import shutil
import subprocess
import venv
from pathlib import Path

import nbformat
import polars as pl
import pytest
from nbclient import NotebookClient

from mel import submit
from mel.kaggle.offline import bundle
from mel.pipeline import embedded

from .conftest import HERE

pytestmark = pytest.mark.skipif(
    not os.environ.get("MEL_OFFLINE_PROOF"), reason="downloads all wheels; make test-offline"
)


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An environment with a kernel and nothing else, and its name in Jupyter's list."""
    venv.create(tmp_path / "empty", symlinks=True, with_pip=True)
    python = str(tmp_path / "empty" / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", "ipykernel"]
    subprocess.run(install, check=True, timeout=300)
    place = tmp_path / "jupyter" / "kernels" / "empty"
    place.mkdir(parents=True)
    started = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    said = {"argv": started, "display_name": "empty", "language": "python"}
    (place / "kernel.json").write_text(json.dumps(said))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    return "empty"


def test_in_an_empty_environment_the_pushed_notebook_runs_to_a_checked_submission(
    kernel: str,
    handmade: Path,
    tiny_competition: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    out, place = tmp_path / "out", tmp_path / "input"
    options = {"data": "demo", "image": "none", "python": HERE, "train": False}
    made = bundle(out, embedded()["tiny"], "me", serving=handmade / "blend.mel", **options)
    assert len(made.wheels) > 20
    shutil.copytree(out / "dataset", place / "datasets" / "me" / made.names.name)
    shutil.copytree(tiny_competition, place / "competitions" / "demo")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("MEL_KAGGLE_INPUT", str(place))
    monkeypatch.setenv("MEL_KAGGLE_WORKING", str(tmp_path))
    notebook = nbformat.read(out / "infer" / "infer.ipynb", as_version=4)
    where = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=600, kernel_name=kernel, resources=where).execute()
    sample = pl.read_csv(tiny_competition / "sample_submission.csv")
    submit.check(tmp_path / "submission.csv", sample)
