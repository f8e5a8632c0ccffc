"""Each exit status of `mel --help`, by a real process; 130 and 143 are in test_errors."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mel.cli.helping import STATUSES

_FAULT = "from mel import cnn, cli; cnn.backbones = lambda _: 1 / 0; cli.main()"
_ELSEWHERE = (130, 143)


def _said(directory):
    """Files that a check is made of."""
    (directory / "sample.csv").write_text("image_name,target\na,0\n")
    (directory / "good.csv").write_text("image_name,target\na,0.1\n")
    (directory / "bad.csv").write_text("image_name,target\na,inf\n")


WAYS = {
    0: ("-m", "mel.cli", "submit", "check", "good.csv", "--sample", "sample.csv"),
    1: ("-m", "mel.cli", "submit", "check", "bad.csv", "--sample", "sample.csv"),
    2: ("-m", "mel.cli", "submit", "check", "none.csv", "--sample", "sample.csv"),
    70: ("-c", _FAULT, "cnn", "list"),
}


@pytest.mark.parametrize(
    ("status", "more"),
    [(0, []), (1, ["--json"]), (2, ["--json"]), (70, [])],
)
def test_a_process_ends_with_the_status_that_the_help_names(status, more, tmp_path):
    _said(tmp_path)
    done = subprocess.run(
        [sys.executable, *WAYS[status], *more], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == status
    assert len(done.stderr.splitlines()) == (status != 0)
    assert bool(done.stdout) == (status in (0, 1))


@pytest.mark.parametrize("words", [["cnn", "list", "--json"], ["folds", "--help"], ["folds"]])
def test_a_closed_pipe_ends_with_141_and_not_a_word(words):
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "mel.cli", *words]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_full_disk_behind_standard_output_is_one_line():
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "mel.cli", "cnn", "list", "--json"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "No space left" in done.stderr


def test_every_status_is_in_the_help_and_was_tried():
    command = [sys.executable, "-m", "mel.cli", "--help"]
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"COLUMNS": "80"}
    )
    (table,) = re.findall(r"^Exit status:\n((?:  .*\n)+)", done.stdout, re.MULTILINE)
    assert [int(n) for n in re.findall(r"^  (\d+) ", table, re.MULTILINE)] == list(STATUSES)
    assert set(STATUSES) == {*WAYS, 141, *_ELSEWHERE}
