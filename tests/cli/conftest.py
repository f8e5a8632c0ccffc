"""The program as a user runs it: a process with a status, a standard output and an error."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def mel() -> Run:
    """Run `mel` with some arguments; keywords go to subprocess."""

    def run(*words: object, **options: object) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "mel.cli", *map(str, words)]
        return subprocess.run(  # type: ignore[call-overload, no-any-return]
            command, capture_output=True, text=True, timeout=120, check=False, **options
        )

    return run


@pytest.fixture
def competition(tiny_competition: Path, tmp_path: Path) -> Path:
    """A copy of the synthetic competition, free to be damaged."""
    return Path(shutil.copytree(tiny_competition, tmp_path / "competition"))


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """A copy of the tiny recipe, free to be changed."""
    from mel.pipeline import embedded

    return Path(shutil.copy(embedded()["tiny"], tmp_path / "recipe.toml"))


@pytest.fixture(scope="session")
def smoke(tiny_run: Path) -> "tuple[Path, subprocess.CompletedProcess[str]]":
    """A real `mel demo --tiny`, once a run: its work folder, not to be changed, and its end."""
    end = json.loads((tiny_run / "end.json").read_text())
    return tiny_run / "work", subprocess.CompletedProcess(**end)


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mount a small disk in memory with some options; skips where that is not allowed."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    places: list[Path] = []

    def mount(options: str) -> Path:
        place = tmp_path / f"disk{len(places)}"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("mounting is not allowed here")
        places.append(place)
        return place

    yield mount
    for place in places:
        subprocess.run(["umount", str(place)], check=True)
