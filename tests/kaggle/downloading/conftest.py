"""A stand-in for Kaggle's client on the path, and a world that a test may change."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mel.cli.main import main

STANDIN = Path(__file__).with_name("standin.py")
SECRET = "KGAT_" + "5ecre7" * 6
FILES = {"train.csv": 5000, "test.csv": 3000, "train/a.jpg": 400_000, "train/b.jpg": 300_000}


class World:
    """What the stand-in finds on its server, and what it was asked."""

    def __init__(self, folder):
        self.path = folder / "world.json"
        self.facts = {}
        self.set(files=FILES, entered={"titanic": True})

    def set(self, **facts):
        """Change some facts; what the stand-in reads from its next start on."""
        self.facts |= facts
        self.path.write_text(json.dumps(self.facts))

    def fail(self, command, **fault):
        """Make one of its commands fail, with status 1 if nothing else is said."""
        self.set(faults=self.facts.get("faults", {}) | {command: {"status": 1} | fault})

    def heal(self):
        """Take all faults back."""
        self.set(faults={}, stop_at=0)

    @property
    def calls(self):
        """What the stand-in was called with, in order, and what it noted."""
        log = self.path.with_suffix(".log")
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def count(self, command):
        """Count the starts of one command."""
        return sum(command in call["argv"] and "start" not in call for call in self.calls)

    @staticmethod
    def content(name, size):
        """Give the bytes of a file on the stand-in's server."""
        block = hashlib.sha256(name.encode()).digest()
        return (block * (size // len(block) + 1))[:size]

    def check(self, folder, names=None):
        """Check that a folder holds files of the server, byte by byte, and nothing half-done."""
        for name in self.facts["files"] if names is None else names:
            there = (folder / name).read_bytes()
            assert there == self.content(name, self.facts["files"][name]), name
        assert not (folder / ".download").exists()


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Put the stand-in on the path as `kaggle`, with a token, in a home of its own."""
    tools, home = tmp_path / "bin", tmp_path / "home"
    tools.mkdir()
    (home / ".kaggle").mkdir(parents=True)
    program = tools / "kaggle"
    program.write_text(f"#!{sys.executable} -SE\n{STANDIN.read_text()}")
    program.chmod(0o755)
    for name in [name for name in os.environ if name.startswith(("KAGGLE_", "XDG_"))]:
        monkeypatch.delenv(name)
    made = World(tmp_path)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("STANDIN", str(made.path))
    monkeypatch.setenv("KAGGLE_API_TOKEN", SECRET)
    monkeypatch.delenv("MEL_KAGGLE", raising=False)
    return made


@pytest.fixture
def mel(monkeypatch, capfd):
    """Run `mel kaggle download` in this process, as the program does: status and text out."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["mel", "kaggle", "download", *map(str, words)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capfd.readouterr()
        return subprocess.CompletedProcess(words, int(end.value.code or 0), out, err)

    return run


@pytest.fixture
def out(tmp_path):
    """Give the folder to download to, which is not there yet."""
    return tmp_path / "competition"
