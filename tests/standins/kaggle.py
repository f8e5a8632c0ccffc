"""Kaggle, without Kaggle: a client in the place of its own, and a server for its own client.

A plugin of this suite (tests/conftest.py): `world` puts the stand-in of kaggle_client.py on the
path; `kaggle_server` answers the real client; `here` runs `mel` in this process.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

CLIENT = Path(__file__).with_name("kaggle_client.py")
SECRET = "KGAT_" + "5ecre7" * 6
FILES = {"train.csv": 5000, "test.csv": 3000, "train/a.jpg": 400_000, "train/b.jpg": 300_000}
BESIDE = Path(sys.executable).parent  # where the real client is, if it is installed


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
    program.write_text(f"#!{sys.executable} -SE\n{CLIENT.read_text()}")
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


class Kaggle(BaseHTTPRequestHandler):
    """The few answers of Kaggle's server that a download and a submission need.

    The client takes http://localhost for Kaggle when KAGGLE_API_ENVIRONMENT says LOCALHOST.
    """

    protocol_version = "HTTP/1.1"
    contents: ClassVar = {}  # name -> bytes of a file
    ranges: ClassVar = []  # that were asked for
    asked: ClassVar = {}  # name of a request -> the last of that name
    refusals: ClassVar = {}  # name of a request -> status and body
    slow = 0.0  # seconds between two parts of a file
    uploaded = b""

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
        """Answer a request: with a page of two files, the address of a file, a word on a score."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        name = self.path.rpartition("/")[2]
        Kaggle.asked[name] = asked
        if name in self.refusals:
            self._json(*self.refusals[name])
        elif name.startswith("DownloadDataFile"):
            self.send_response(302)
            self.send_header("Location", f"/{asked.get('fileName', 'all.zip')}?sign=abcdefgh")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._json(200, self._answers(asked)[name])

    def _answers(self, asked):
        start, files = (
            int(asked.get("pageToken") or 0),
            [n for n in self.contents if n != "all.zip"],
        )
        page = [{"name": n, "totalBytes": len(self.contents[n])} for n in files[start : start + 2]]
        sent = self.asked.get("CreateSubmission", self.asked.get("CreateCodeSubmission", {}))
        row = {
            "ref": 5,
            "date": "2026-11-23T12:00:00.123Z",
            "description": sent.get("submissionDescription"),
            "fileName": "blend.csv",
            "status": "COMPLETE",
            "publicScore": "0.9490",
        }
        done = {"message": "Successfully submitted to Titanic", "ref": 5}
        ref = "https://www.kaggle.com/competitions/titanic"
        return {
            "IntrospectToken": {"active": True, "username": "somebody"},
            "ListDataFiles": {
                "files": page,
                "nextPageToken": str(start + 2) if start + 2 < len(files) else "",
            },
            "ListCompetitions": {"competitions": [{"ref": ref, "userHasEntered": True}]},
            "GetSubmissionLimits": {"numToday": 1, "numTotal": 2, "numAllowedNow": 4},
            "StartSubmissionUpload": {"token": "t", "createUrl": "http://localhost/upload"},
            "CreateSubmission": done,
            "CreateCodeSubmission": done,
            "ListSubmissions": {"submissions": [row]},
        }

    def do_PUT(self):
        """Take a file."""
        Kaggle.uploaded = self.rfile.read(int(self.headers["Content-Length"]))
        self._json(*self.refusals.get("upload", (200, {})))

    def do_GET(self):
        """Send a file, or the part of it that is asked for."""
        data = self.contents[self.path.partition("?")[0].lstrip("/")]
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

    @classmethod
    def serve(cls, contents):
        """Give these files, and all of them in one archive, to whoever downloads."""
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w") as opened:
            for name, content in contents.items():
                opened.writestr(zipfile.ZipInfo(name), content)
        cls.contents = contents | {"all.zip": sink.getvalue()}


@pytest.fixture
def kaggle_server(world, monkeypatch):
    """Serve as Kaggle, to the real client; port 80 is not everybody's to open."""
    if shutil.which("kaggle", path=str(BESIDE)) is None:
        pytest.skip("Kaggle's client is not installed; pip install 'mel[kaggle]'")
    try:
        made = ThreadingHTTPServer(("127.0.0.1", 80), Kaggle)
    except OSError as error:
        pytest.skip(f"port 80 cannot be opened ({error.strerror})")
    monkeypatch.setenv("MEL_KAGGLE", str(BESIDE / "kaggle"))
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "LOCALHOST")
    monkeypatch.setenv("NO_PROXY", "localhost")
    fresh = {"slow": 0.0, "ranges": [], "asked": {}, "refusals": {}, "contents": {"train.csv": b""}}
    for name, value in fresh.items():
        monkeypatch.setattr(Kaggle, name, value)
    threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True).start()
    yield Kaggle
    made.shutdown()
    made.server_close()


@pytest.fixture
def here(monkeypatch, capfd):
    """Run `mel` in this process, as the program does: status and text out."""
    from mel.cli.main import main

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["mel", *map(str, words)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capfd.readouterr()
        return subprocess.CompletedProcess(words, int(end.value.code or 0), out, err)

    return run
