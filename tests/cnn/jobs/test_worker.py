"""A worker's last words reach its parent whatever its log is worth."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_an_error_is_told_though_the_disk_of_the_log_is_full(tmp_path: Path) -> None:
    job = tmp_path / "job.json"
    job.write_text('{"task": "none of them"}')
    with Path("/dev/full").open("w") as full:
        worker = subprocess.Popen(
            [sys.executable, "-m", "mel.cnn.jobs.worker", str(job)],
            stdin=subprocess.PIPE,  # held open: a worker ends when it closes
            stdout=subprocess.PIPE,
            stderr=full,
            text=True,
        )
    with worker:
        said = worker.stdout.read()
        assert worker.wait() == 1
    (line,) = said.splitlines()
    assert json.loads(line) == {"error": "KeyError: 'none of them'", "unexpected": True}
