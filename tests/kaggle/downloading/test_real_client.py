"""Kaggle's own client, where it is installed, against a server of ours on this machine."""

import os
import signal
import subprocess
import sys
import time

import pytest

from mel.errors import MelError
from mel.kaggle import client, download

FILES = {"train.csv": 5000, "test.csv": 3000, "train/a.jpg": 3_000_000, "train/b.jpg": 2_000_000}


@pytest.fixture
def server(kaggle_server, world):
    """A server of a competition's files."""
    world.set(files=FILES)
    kaggle_server.serve({name: world.content(name, size) for name, size in FILES.items()})
    return kaggle_server


def test_the_real_client_is_understood(server, world, out):
    assert {check.state for check in client.check("titanic")} == {"ok"}
    assert download("titanic", out).fetched == 4
    world.check(out)
    (out / "test.csv").unlink()
    assert download("titanic", out).fetched == 1
    world.check(out)
    assert len(server.ranges) == 2


def test_the_real_client_goes_on_where_a_killed_run_was(server, world, out):
    server.slow = 0.15
    command = [sys.executable, "-m", "mel.cli", "kaggle", "download", "titanic", "--out", str(out)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as run:
        end = time.monotonic() + 40
        while not any(p.stat().st_size >= 2**20 for p in out.glob(".download/*/*.zip")):
            assert time.monotonic() < end
            time.sleep(0.02)
        os.kill(run.pid, signal.SIGKILL)
    server.slow = 0.0
    download("titanic", out)
    world.check(out)
    first, *_, last = server.ranges
    assert first is None
    assert int(last.removeprefix("bytes=").rstrip("-")) >= 2**20


RULES = "You must accept this competition's rules before you'll be able to download files."


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (("DownloadDataFiles", 403, {"code": 403, "message": RULES}), "rules"),
        (("ListDataFiles", 401, {}), "credentials"),
        (("ListDataFiles", 404, {"code": 404, "message": "Not Found"}), "competition"),
        (("ListDataFiles", 429, {"error": {"code": 429, "message": "Too many requests"}}), "rate"),
    ],
)
def test_the_real_clients_refusals_are_understood(refusal, reason, server, out):
    name, *said = refusal
    server.refusals[name] = said
    with pytest.raises(MelError) as caught:
        download("titanic", out)
    assert caught.value.reason == reason
    assert not out.exists()
