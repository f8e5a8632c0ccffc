"""Kaggle's own client, where it is installed, against a server of ours on this machine.

The client takes http://localhost for Kaggle when KAGGLE_API_ENVIRONMENT says LOCALHOST; that is
port 80, which not everybody may open: then these tests are skipped.
"""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from mel.errors import MelError
from mel.kaggle import client, download

FILES = {"train.csv": 5000, "test.csv": 3000, "train/a.jpg": 3_000_000, "train/b.jpg": 2_000_000}
BESIDE = str(Path(sys.executable).parent)


def _archive(contents):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as opened:
        for name, content in contents.items():
            opened.writestr(zipfile.ZipInfo(name), content)
    return sink.getvalue()


class Kaggle(BaseHTTPRequestHandler):
    """The few answers of Kaggle's server that a download needs."""

    protocol_version = "HTTP/1.1"
    contents: ClassVar = {}
    ranges: ClassVar = []  # that were asked for
    refusal = None  # (the name of a request, the status, the body)
    slow = 0.0  # seconds between two parts of a file

    def log_message(self, *_):
        """Say nothing."""

    def _json(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Kaggle-APIVersion", "99.0.0")  # so the client warns, on its output
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        """Answer a request, with a page of two files, or with the address of a file."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        name = self.path.rpartition("/")[2]
        if self.refusal and name == self.refusal[0]:
            self._json(*self.refusal[1:])
        elif name == "IntrospectToken":
            self._json(200, {"active": True, "username": "somebody"})
        elif name == "ListDataFiles":
            start = int(asked.get("pageToken") or 0)
            page = [{"name": n, "totalBytes": FILES[n]} for n in [*FILES][start : start + 2]]
            more = str(start + 2) if start + 2 < len(FILES) else ""
            self._json(200, {"files": page, "nextPageToken": more})
        elif name == "ListCompetitions":
            ref = "https://www.kaggle.com/competitions/titanic"
            self._json(200, {"competitions": [{"ref": ref, "userHasEntered": True}]})
        else:
            self.send_response(302)
            self.send_header("Location", f"/{asked.get('fileName', 'all.zip')}?sign=abcdefgh")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def do_GET(self):
        """Send a file, or the part of it that is asked for."""
        name = self.path.partition("?")[0].lstrip("/")
        data = self.contents[name]
        wanted = self.headers.get("Range")
        Kaggle.ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", '"one"')
        self.send_header("Last-Modified", "Wed, 27 May 2020 16:00:00 GMT")
        self.end_headers()
        for place in range(start, len(data), 2**18):
            try:
                self.wfile.write(data[place : place + 2**18])
            except OSError:  # the client was killed
                return
            time.sleep(self.slow)


@pytest.fixture
def server(world, monkeypatch):
    """Serve as Kaggle, to the real client."""
    if shutil.which("kaggle", path=BESIDE) is None:
        pytest.skip("Kaggle's client is not installed; pip install 'mel[kaggle]'")
    try:
        made = ThreadingHTTPServer(("127.0.0.1", 80), Kaggle)
    except OSError as error:
        pytest.skip(f"port 80 cannot be opened ({error.strerror})")
    monkeypatch.setenv("MEL_KAGGLE", str(Path(BESIDE) / "kaggle"))
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "LOCALHOST")
    monkeypatch.setenv("NO_PROXY", "localhost")
    monkeypatch.setattr(Kaggle, "refusal", None)
    monkeypatch.setattr(Kaggle, "slow", 0.0)
    monkeypatch.setattr(Kaggle, "ranges", [])
    contents = {name: world.content(name, size) for name, size in FILES.items()}
    monkeypatch.setattr(Kaggle, "contents", contents | {"all.zip": _archive(contents)})
    threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True).start()
    yield Kaggle
    made.shutdown()
    made.server_close()


def test_the_real_client_is_understood(server, world, out):
    world.set(files=FILES)
    assert {check.state for check in client.check("titanic")} == {"ok"}
    assert download("titanic", out).fetched == 4
    world.check(out)
    (out / "test.csv").unlink()
    assert download("titanic", out).fetched == 1
    world.check(out)
    assert len(server.ranges) == 2


def test_the_real_client_goes_on_where_a_killed_run_was(server, world, out):
    world.set(files=FILES)
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
    server.refusal = refusal
    with pytest.raises(MelError) as caught:
        download("titanic", out)
    assert caught.value.reason == reason
    assert not out.exists()
