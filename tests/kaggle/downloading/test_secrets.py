"""No secret is shown: not in an error, not in a traceback, not among a process's arguments."""

import base64
import json
import os
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mel.errors import MelError
from mel.kaggle import client, download

KEY = "7f3a" * 8
TOKEN = "KGAT_9c41d2" + "0b" * 12
REFRESH = "refresh-me-0123456789"
OTHER = "aws/Secret+Value=="


@pytest.fixture
def rich(world, monkeypatch):
    """Give the world every kind of secret."""
    home = Path(os.environ["HOME"]) / ".kaggle"
    for name, value in {
        "kaggle.json": {"username": "somebody", "key": KEY},
        "credentials.json": {"refresh_token": REFRESH, "username": "somebody"},
    }.items():
        (home / name).write_text(json.dumps(value))
        (home / name).chmod(0o600)
    monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", OTHER)
    monkeypatch.setenv("HTTPS_PROXY", "http://me:pass-of-proxy@proxy.example:8080")
    return world


def _clean(text):
    secrets = (KEY, TOKEN, REFRESH, OTHER, "pass-of-proxy")
    forms = [f for s in secrets for f in (s, quote(s, safe=""))]
    forms += [base64.b64encode(s.encode()).decode() for s in (KEY, TOKEN, f"somebody:{KEY}")]
    assert [form for form in forms if form in text] == []


@pytest.mark.parametrize("command", ["version", "files", "download"])
@pytest.mark.parametrize("debug", [[], ["--debug"]])
def test_a_client_that_prints_all_it_knows_reveals_nothing(command, debug, rich, out, mel):
    basic = base64.b64encode(f"somebody:{KEY}".encode()).decode()
    said = (
        f"Authorization: Bearer {TOKEN}\nfailed for somebody with {KEY}, {REFRESH}, Basic {basic}"
    )
    rich.fail(command, environment=True, stderr=said)
    done = mel("titanic", "--out", out, *debug)
    assert done.returncode == 2
    assert "failed for somebody with [hidden]" in done.stderr
    _clean(done.stdout + done.stderr)
    kept = [p for p in out.rglob("*") if p.is_file()] if out.exists() else []
    _clean("".join(p.read_text(errors="replace") for p in kept))


@pytest.mark.parametrize("text", [KEY, f"<html>{TOKEN}</html>"])
def test_an_answer_that_is_no_list_is_quoted_without_secrets(text, rich, out):
    rich.fail("files", stdout=text, status=0)
    with pytest.raises(MelError, match="hidden") as caught:
        download("titanic", out)
    _clean(str(caught.value))


def test_no_secret_is_an_argument_and_the_client_is_not_made_to_talk(rich, out, monkeypatch):
    """With VERBOSE set, the client prints each request with its headers."""
    monkeypatch.setenv("VERBOSE", "1")
    rich.fail("download", environment=True, stderr="went wrong")
    with pytest.raises(MelError, match="went wrong"):
        download("titanic", out)
    _clean(json.dumps(rich.calls))
    seen = client.find().run("competitions", "download", "titanic")
    assert "'HOME'" in seen.stderr
    assert "'VERBOSE'" not in seen.stderr


def test_nothing_that_holds_secrets_shows_them_by_its_repr(rich):
    found = client.find()
    output = found.run("competitions", "files", "titanic")
    _clean(repr(found) + repr(output) + repr(client.credentials(os.environ)))
    _clean(repr(client.check("titanic")))


@pytest.mark.parametrize(
    "text",
    [
        "https://storage.googleapis.com/k/train.zip?GoogleAccessId=web&Signature=KHdjH4gBIMt%2Bx",
        "after connection broken: /kaggle/1/train.zip?GoogleAccessId=web&Signature=KHdjH4gBIMt%2Bx",
        "Authorization: Bearer KHdjH4gBIMt%2Bx",
        '{"refresh_token": "KHdjH4gBIMt%2Bx"}',
        "KAGGLE_KEY=KHdjH4gBIMt%2Bx",
        "http://me:KHdjH4gBIMt%2Bx@proxy:8080",
    ],
)
def test_what_looks_like_a_secret_is_hidden_though_nobody_named_it(text):
    shown = client.Secrets.of([], {}).hide(text)
    assert "KHdjH4gBIMt" not in shown
    assert "[hidden]" in shown


@given(st.text(min_size=8).filter(lambda s: s.strip() == s), st.text(), st.text())
def test_a_secret_never_survives_hiding(secret, before, after):
    shown = client.Secrets.of([secret], {}).hide(before + secret + after)
    assert secret in "[hidden]" or secret not in shown.replace("[hidden]", "")
