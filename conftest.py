"""What tests and the examples of docstrings share: property tests' settings, and a demo's folder.

Property tests have no deadline, since a busy machine is no failure. By hand each run tries new
examples; where CI is set each run tries the same ones.

Of what is imported and collected nothing becomes garbage: to look for some meanwhile would double
the time, in each process of the run. The programs that tests start find mel compiled.
"""

import fcntl
import gc
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile(
    "mel", deadline=None, max_examples=50, derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("mel")

gc.disable()  # until all is collected
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # mel anew in each of hundreds of programs

Once = Callable[[str, Callable[[Path], None]], Path]


def pytest_collection_finish() -> None:
    """Look for garbage again, but not among all that was collected."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Make a folder once for all processes of this run: `once("name", make)` gives it.

    `make` is called with the folder, in one process, while the others wait; none may change it.
    """
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent

    def give(name: str, make: Callable[[Path], None]) -> Path:
        place, whole = root / f"once-{name}", root / f"once-{name}.whole"
        with (root / f"once-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not whole.exists():
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir()
                make(place)
                whole.touch()
        return place

    return give


@pytest.fixture(scope="session")
def tiny_run(once: Once) -> Path:
    """A real `mel demo --tiny`: work/, not to be changed, and end.json, how the command ended."""

    def make(place: Path) -> None:
        command = [sys.executable, "-m", "mel.cli", "demo", "--tiny", "--work", str(place / "work")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        (place / "end.json").write_text(json.dumps(vars(done)))

    return once("tiny-run", make)


@pytest.fixture(scope="session")
def tiny_bundle(once: Once, tiny_run: Path) -> Path:
    """The same with its graphs and demo.mel, in work/demo; not to be changed."""

    def make(place: Path) -> None:
        shutil.copytree(tiny_run / "work", place / "work" / "demo")
        code = "from mel.pipeline import demo_bundle; demo_bundle('work/demo', tiny=True)"
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command, cwd=place, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr

    return once("tiny-bundle", make)


@pytest.fixture(scope="session")
def desk(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this process, for examples to write into, with a finished work/demo."""
    return Path(shutil.copytree(tiny_bundle, tmp_path_factory.mktemp("desk"), dirs_exist_ok=True))


@pytest.fixture(autouse=True)
def _at_the_desk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the examples that name work/demo where `mel demo --tiny --work work/demo` was run."""
    examples = getattr(getattr(request.node, "dtest", None), "examples", ())
    if any("work/" in example.source for example in examples):
        monkeypatch.chdir(request.getfixturevalue("desk"))
