"""Kaggle's own client, where it is installed, against a server of ours on this machine."""

import json
import os
import sys
from pathlib import Path

import pytest

from mel.kaggle.client import Client, ClientError
from mel.kaggle.client.hiding import Secrets
from mel.submit.sending import Notebook, going, send
from mel.submit.sending.order import Order
from mel.submit.sending.refusals import refusal

CLIENT = Path(sys.executable).parent / "kaggle"
ONLY = "Submission not allowed:  This competition only accepts Submissions from Notebooks."


def _client():
    """The client without asking for its version, which the first test does."""
    there = dict(os.environ)
    return Client(CLIENT, (2, 2), Secrets.of([], there), there, 30.0)


def test_the_real_client_sends_and_is_understood(kaggle_server, blend):
    done = send(blend, "titanic", message='with "quotes"')
    assert [check.state for check in done.checks] == []
    assert (done.state, done.public, done.private) == ("complete", 0.949, None)
    assert kaggle_server.uploaded == blend.read_bytes()
    told = kaggle_server.asked["CreateSubmission"]
    assert told["competitionName"] == "titanic"
    assert told["submissionDescription"].startswith('with "quotes" [mel-')
    row = json.loads(blend.with_suffix(".json").read_text())["sent"][0]
    assert (row["ref"], row["public"]) == ("5", 0.949)


def test_the_real_client_sends_a_notebooks_version(kaggle_server, tmp_path):
    order = Order.of("titanic", None, Notebook.of("me/infer", 3), tmp_path)
    going._give(_client(), order, "")
    told = kaggle_server.asked["CreateCodeSubmission"]
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
def test_the_real_clients_refusals_are_understood(
    request_, status, body, reason, kaggle_server, blend
):
    kaggle_server.refusals[request_] = (status, body)
    order = Order.of("titanic", blend, None, blend.parent)
    output = _client().run(*order.words("hello"))
    found = refusal(output, order)
    assert isinstance(found, ClientError)
    assert found.reason == reason
    assert output.status == (0 if request_ == "upload" else 1)
