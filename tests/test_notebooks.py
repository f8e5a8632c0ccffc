"""The notebooks run from top to bottom, and show what they gave when they ran.

`MEL_WRITE_NOTEBOOKS=1 pytest tests/test_notebooks.py` runs them and keeps their outputs.
"""

import os
import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LARGEST = 600_000  # bytes of a notebook with its pictures


def _read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def _code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _shown(cell: Any) -> list[str]:
    """What a cell shows: the kind of each output, and of its richest form; no progress."""
    shown = (output for output in cell.outputs if output.get("name") != "stderr")
    return [f"{o.output_type} {' '.join(sorted(o.get('data', {})))}" for o in shown]


def _printed(notebook: Any) -> list[str]:
    """The first word of each printed line: numbers may move in their last digits."""
    texts = [
        "".join(o.text) for c in _code(notebook) for o in c.outputs if o.get("name") == "stdout"
    ]
    return [line.split()[0] for text in texts for line in text.splitlines() if line.split()]


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Any, Any]:
    """A notebook's path, as it is kept, and as it has just run in an empty folder."""
    path, place = request.param, tmp_path_factory.mktemp("notebook")
    kept, ran = _read(path), _read(path)
    for cell in _code(ran):
        cell.outputs, cell.execution_count = [], None
    own = {"JUPYTER_RUNTIME_DIR": place / "runtime", "IPYTHONDIR": place / "ipython"}
    with pytest.MonkeyPatch.context() as patch:
        for name, folder in own.items():
            patch.setenv(name, str(folder))
        patch.setenv("TMPDIR", str(place))
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.delenv("MEL_DATA", raising=False)
        patch.delenv("MEL_WORK", raising=False)
        if path.stem == "quickstart":  # what another test has trained is not trained again
            trained = request.getfixturevalue("tiny_run") / "work"
            patch.setenv("MEL_WORK", str(shutil.copytree(trained, place / "run" / "work").parent))
        options = {"timeout": 120, "resources": {"metadata": {"path": str(place)}}}
        client = NotebookClient(ran, **options)
        client.coalesce_streams = True  # else a slow machine's prints come in several outputs
        client.record_timing = False
        client.execute()
    if os.environ.get("MEL_WRITE_NOTEBOOKS"):
        _keep(ran, path)
        kept = _read(path)
    return path, kept, ran


def _keep(ran: Any, path: Path) -> None:
    for cell in _code(ran):
        cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    ran.metadata.language_info = {"name": "python"}
    nbformat.write(ran, path)


def test_there_is_a_notebook_to_run() -> None:
    assert NOTEBOOKS


def test_a_notebook_runs_from_top_to_bottom(pair: tuple[Path, Any, Any]) -> None:
    """An error in a cell ends the run; every code cell has its turn, in order."""
    turns = [cell.execution_count for cell in _code(pair[2])]
    assert turns == list(range(1, len(turns) + 1))


def test_the_outputs_kept_are_those_of_a_run(pair: tuple[Path, Any, Any]) -> None:
    _, kept, ran = pair
    assert [cell.source for cell in _code(kept)] == [cell.source for cell in _code(ran)]
    assert [_shown(cell) for cell in _code(kept)] == [_shown(cell) for cell in _code(ran)]
    assert [c.execution_count for c in _code(kept)] == [c.execution_count for c in _code(ran)]


def test_what_a_notebook_prints_is_what_it_would_print_today(pair: tuple[Path, Any, Any]) -> None:
    assert _printed(pair[1]) == _printed(pair[2])
    assert _printed(pair[1])


def test_a_notebook_tells_nothing_of_the_machine_it_ran_on(pair: tuple[Path, Any, Any]) -> None:
    text = pair[0].read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w.\"/])/(?:home|root|Users|tmp|work|var|private)/", text)
    assert 'execution": {' not in text


def test_a_notebook_stays_small(pair: tuple[Path, Any, Any]) -> None:
    assert pair[0].stat().st_size < LARGEST


def test_a_notebook_says_what_it_does_before_it_does_it(pair: tuple[Path, Any, Any]) -> None:
    first, cells = pair[1].cells[0], pair[1].cells
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    words = sum(len(cell.source.split()) for cell in cells if cell.cell_type == "markdown")
    assert words > 10 * len(_code(pair[1]))
