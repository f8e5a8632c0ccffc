"""Kaggle's own client, where it is installed, against a server of ours on this machine.

The client takes http://localhost for Kaggle when KAGGLE_API_ENVIRONMENT says LOCALHOST; that is
port 80, which not everybody may open: then these tests are skipped.
"""

import json
import os
import shutil
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from mel.kaggle.client import Client, ClientError
from mel.kaggle.client.hiding import Secrets
from mel.submit.sending import Notebook, going, send
from mel.submit.sending.order import Order
from mel.submit.sending.refusals import refusal

BESIDE = str(Path(sys.executable).parent)
ONLY = "Submission not allowed:  This competition only accepts Submissions from Notebooks."


class Kaggle(BaseHTTPRequestHandler):
    """The few answers of Kaggle's server that a submission needs."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar = {}  # name of a request -> the last of that name
    refusals: ClassVar = {}  # name of a request -> status and body
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

    def do_PUT(self):
        """Take the file."""
        Kaggle.uploaded = self.rfile.read(int(self.headers["Content-Length"]))
        self._json(*self.refusals.get("upload", (200, {})))

    def do_POST(self):
        """Answer a request."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        name = self.path.rpartition("/")[2]
        Kaggle.asked[name] = asked
        if name in self.refusals:
            return self._json(*self.refusals[name])
        sent = self.asked.get("CreateSubmission", self.asked.get("CreateCodeSubmission", {}))
        row = {
            "ref": 5,
            "date": "2026-11-23T12:00:00.123Z",
            "description": sent.get("submissionDescription"),
            "fileName": "blend.csv",
            "status": "COMPLETE",
            "publicScore": "0.9490",
        }
        answers = {
            "IntrospectToken": {"active": True, "username": "somebody"},
            "ListDataFiles": {"files": [{"name": "train.csv", "totalBytes": 5}]},
            "ListCompetitions": {
                "competitions": [
                    {"ref": "https://www.kaggle.com/competitions/titanic", "userHasEntered": True}
                ]
            },
            "GetSubmissionLimits": {"numToday": 1, "numTotal": 2, "numAllowedNow": 4},
            "StartSubmissionUpload": {"token": "t", "createUrl": "http://localhost/upload"},
            "CreateSubmission": {"message": "Successfully submitted to Titanic", "ref": 5},
            "CreateCodeSubmission": {"message": "Successfully submitted to Titanic", "ref": 5},
            "ListSubmissions": {"submissions": [row]},
        }
        return self._json(200, answers[name])


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
    monkeypatch.setattr(Kaggle, "asked", {})
    monkeypatch.setattr(Kaggle, "refusals", {})
    threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True).start()
    yield Kaggle
    made.shutdown()
    made.server_close()


def _client():
    """The client without asking for its version, which the first test does."""
    there = dict(os.environ)
    return Client(Path(BESIDE) / "kaggle", (2, 2), Secrets.of([], there), there, 30.0)


def test_the_real_client_sends_and_is_understood(server, blend):
    done = send(blend, "titanic", message='with "quotes"')
    assert [check.state for check in done.checks] == []
    assert (done.state, done.public, done.private) == ("complete", 0.949, None)
    assert server.uploaded == blend.read_bytes()
    told = server.asked["CreateSubmission"]
    assert told["competitionName"] == "titanic"
    assert told["submissionDescription"].startswith('with "quotes" [mel-')
    row = json.loads(blend.with_suffix(".json").read_text())["sent"][0]
    assert (row["ref"], row["public"]) == ("5", 0.949)


def test_the_real_client_sends_a_notebooks_version(server, tmp_path):
    order = Order.of("titanic", None, Notebook.of("me/infer", 3), tmp_path)
    going._give(_client(), order, "")
    told = server.asked["CreateCodeSubmission"]
    assert (told["kernelOwner"], told["kernelSlug"], told["kernelVersion"]) == ("me", "infer", 3)
    assert told["fileName"] == "submission.csv"
    assert json.loads(order.beside.read_text())["sent"][0]["state"] == "pending"


@pytest.mark.parametrize(
    ("request_", "status", "body", "reason"),
    [
        (
            "CreateSubmission",
            400,
            {"error": {"code": 400, "message": ONLY, "status": "FAILED_PRECONDITION"}},
            "refused",  # the client prints no more than the number
        ),
        ("upload", 500, {}, "upload"),  # with status 0
    ],
)
def test_the_real_clients_refusals_are_understood(request_, status, body, reason, server, blend):
    server.refusals[request_] = (status, body)
    order = Order.of("titanic", blend, None, blend.parent)
    output = _client().run(*order.words("hello"))
    found = refusal(output, order)
    assert isinstance(found, ClientError)
    assert found.reason == reason
    assert output.status == (0 if request_ == "upload" else 1)
