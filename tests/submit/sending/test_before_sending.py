"""What is checked before anything is sent, and the advice for each refusal of Kaggle's."""

import base64
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from mel.errors import MelError
from mel.kaggle.client import ClientError, Output
from mel.submit import SubmissionError
from mel.submit.sending import Notebook, send
from mel.submit.sending.order import Order
from mel.submit.sending.refusals import arrived, refusal
from mel.submit.sending.remote import _rows

ALLOWANCE = (
    "Submission not allowed: Your team has used its daily Submission allowance (5) today, please "
    "try again tomorrow UTC (4.2 hours from now)."
)
NOTEBOOKS = "Submission not allowed:  This competition only accepts Submissions from Notebooks."
URL = "for url: https://api.kaggle.com/v1/competitions.CompetitionApiService"
BARE = f"400 Client Error: Bad Request {URL}/CreateSubmission"

# What clients 1.5 to 2.2 print when Kaggle refuses, the reason that is made of it, and its advice.
REFUSALS = {
    "allowance": (ALLOWANCE, 1, "limit", "counts anew at 00:00 UTC, in .* min"),
    "allowance, old": (f"400 - Bad Request - {ALLOWANCE}", 1, "limit", "used up"),
    "only notebooks": (NOTEBOOKS, 1, "notebooks", "mel submit send -k OWNER/NOTEBOOK -v"),
    "both": (f"{ALLOWANCE} {NOTEBOOKS}", 1, "notebooks", "notebooks only"),
    "file's name": ('Submission files must be named "submission.csv"', 1, "file", "submission.csv"),
    "no reason": (BARE, 1, "refused", "does not say why .400.; usual causes: today's submissions"),
    "no reason, old": ("400 - Bad Request", 1, "refused", "only notebooks are taken"),
    "rules, old": (
        "403 - You cannot submit until you accept the competition rules",
        1,
        "rules",
        "titanic/rules",
    ),
    "not taking part": ("Permission 'competitions.participate' was denied", 1, "access", "join"),
    "upload": ("[Errno 104] reset\nCould not submit to competition", 0, "upload", "Errno 104"),
    "none": (
        "Could not find competition - please verify that you entered the correct competition ID",
        0,
        "deadline",
        "deadline is over or the name is mistyped",
    ),
    "over": ("The competition deadline has passed", 1, "deadline", "takes no submissions now"),
    "interrupted": ("User cancelled operation", 0, "nonsense", "looks first whether Kaggle has it"),
    "silent": ("", 0, "nonsense", "without saying that it submitted;"),
    "401": (f"401 Client Error: Unauthorized {URL}/X", 1, "credentials", "settings/api"),
    "503": (f"503 Server Error: Service Unavailable {URL}/X", 1, "server", "try later"),
    "network": ("NameResolutionError: Failed to resolve", 1, "network", "cannot be reached"),
    "never seen": ("Something else\nwent wrong", 1, "unknown", "'went wrong'"),
}


def _order(folder, notebook=None):
    return Order.of("titanic", None, notebook or Notebook.of("me/infer", 3), folder)


@pytest.mark.parametrize("name", REFUSALS)
def test_each_refusal_becomes_one_line_of_advice(name, tmp_path, blend):
    text, status, reason, advice = REFUSALS[name]
    output = Output(status, text if not status else "", text if status else "")
    found = refusal(output, Order.of("titanic", blend, None, tmp_path))
    assert not arrived(output)
    assert found.reason == reason
    assert re.search(advice, str(found))
    assert len(str(found).splitlines()) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Permission 'kernelSessions.get' was denied",
        f"404 Client Error: Not Found {URL}/CreateCodeSubmission",
        "Could not find provided notebook",
    ],
)
def test_a_notebook_that_kaggle_does_not_show_is_named(text, tmp_path):
    found = refusal(Output(1, "", text), _order(tmp_path))
    assert found.reason == "notebook"
    assert "me/infer version 3: Kaggle shows this account no such version" in str(found)
    assert "https://www.kaggle.com/code/me/infer" in str(found)
    assert "it has internet on" in str(refusal(Output(1, "", BARE), _order(tmp_path)))


def test_a_refusal_is_written_down_and_the_next_try_is_the_first(world, blend):
    world.fail("submit", stderr=f"{ALLOWANCE}\n")
    with pytest.raises(ClientError, match="used up"):
        send(blend, "titanic")
    content = json.loads(blend.with_suffix(".json").read_text())
    assert content["sent"][0]["state"] == "refused"
    assert "used up" in content["sent"][0]["detail"]
    world.heal()
    send(blend, "titanic")
    (row,) = json.loads(blend.with_suffix(".json").read_text())["sent"]
    assert (row["state"], row["detail"]) == ("complete", None)


# the checks


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image_id,target\nb,1\na,1\nc,1\n", "header is 'image_id,target'"),
        ("image_name,target,x\nb,1,1\n", "header is 'image_name,target,x'"),
        ("image_name,target\nb,0.5\na,nan\nc,1\n", "target of 'a' is 'nan'"),
        ("image_name,target\nb,0.5\na,0.1\n", "id 'c' is missing"),
    ],
)
def test_a_wrong_file_never_reaches_the_client(text, said, world, blend, mel):
    blend.with_suffix(".json").unlink()
    blend.write_text(text)
    done = mel("send", blend, "-c", "titanic")
    assert done.returncode == 1
    assert said in done.stderr
    assert not world.calls
    assert not blend.with_suffix(".json").exists()


def test_what_cannot_be_sent_is_refused_before_the_client_is_asked(world, blend, tmp_path):
    beside = blend.with_suffix(".json")
    content = json.loads(beside.read_text())
    with pytest.raises(MelError, match="to which competition"):
        send(blend)
    with pytest.raises(MelError, match="no such submission"):
        send(tmp_path / "none.csv", "titanic")
    lonely = Path(shutil.copy(blend, tmp_path / "lonely.csv"))
    with pytest.raises(MelError, match="give the competition's --sample"):
        send(lonely, "titanic")
    with pytest.raises(MelError, match="401 characters"):
        send(blend, "titanic", message="x" * 401, dry_run=True)
    with pytest.raises(MelError, match="holds a token or a password"):
        send(blend, "titanic", message="the one of KGAT_0123456789abcdef", dry_run=True)
    beside.write_text(json.dumps(content | {"synthetic": True}))
    with pytest.raises(MelError, match="synthetic competition"):
        send(blend, "titanic")
    beside.write_text(json.dumps(content))
    blend.write_text(blend.read_text().replace("0.9", "0.8"))
    with pytest.raises(MelError, match="was changed after it was made"):
        send(blend, "titanic")
    assert not world.calls


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"left": 0, "today": 5}, "today's submissions are used up; Kaggle counts anew"),
        ({"entered": {"titanic": False}}, "titanic: not joined; join and accept the rules"),
        ({"faults": {"files": {"status": 1, "stderr": "404 - Not Found"}}}, "no such competition"),
    ],
)
def test_what_kaggle_would_refuse_is_not_sent(facts, said, world, blend):
    world.set(**facts)
    before = blend.with_suffix(".json").read_bytes()
    with pytest.raises(MelError, match=said):
        send(blend, "titanic")
    assert world.count("submit") == 0
    assert blend.with_suffix(".json").read_bytes() == before


def test_a_limit_that_is_not_told_is_a_warning(world, blend, capfd):
    world.set(left=0, today=0)
    assert send(blend, "titanic").state == "complete"
    assert "warning: limit: none left, none sent today" in capfd.readouterr().err


def test_a_client_that_is_missing_is_named(world, blend, monkeypatch):
    monkeypatch.setenv("MEL_KAGGLE", "/nowhere/kaggle")
    with pytest.raises(MelError, match="MEL_KAGGLE: /nowhere/kaggle is no program"):
        send(blend, "titanic")


def test_an_old_client_is_understood(world, blend, monkeypatch):
    """1.7 knows no limits, no references and no longer pages, and says "complete"."""
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    monkeypatch.setenv("KAGGLE_USERNAME", "somebody")
    monkeypatch.setenv("KAGGLE_KEY", "0123456789abcdef")
    world.set(banner="Kaggle API", version="1.7.4.5", looks=1, public="0.5")
    assert send(blend, "titanic").public == 0.5
    row = json.loads(blend.with_suffix(".json").read_text())["sent"][0]
    assert (row["ref"], row["public"]) == ("", 0.5)


# --dry-run


def test_a_dry_run_says_all_and_does_nothing(world, blend, mel):
    before = blend.with_suffix(".json").read_bytes()
    done = mel("send", blend, "-c", "titanic", "--dry-run")
    assert done.returncode == 0, done.stderr
    rows = [line.split()[:2] for line in done.stdout.splitlines() if "  ok  " in line]
    names = ("submission", "client", "credentials", "competition", "rules", "limit")
    assert rows == [[name, "ok"] for name in names]
    assert "would run: kaggle competitions submit titanic '--message=blend [mel-" in done.stdout
    assert world.count("submit") == 0
    assert blend.with_suffix(".json").read_bytes() == before


def test_a_dry_run_shows_what_it_warns_of(world, blend, mel):
    blend.write_text(blend.read_text().replace("0.9", "9.5"))
    blend.with_suffix(".json").unlink()
    done = mel("send", blend, "-c", "titanic", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "outside 0 to 1" in " ".join(done.stdout.split())


def test_a_dry_run_that_finds_a_fault_fails_with_its_line(world, blend, mel):
    world.set(left=0, today=5)
    done = mel("send", blend, "-c", "titanic", "--dry-run")
    assert done.returncode == 2
    assert "limit        failed" in done.stdout
    assert done.stderr.startswith("mel: titanic: today's submissions are used up")
    assert "would run" not in done.stdout


# secrets


@pytest.mark.parametrize("command", ["submit", "submission-limits"])
def test_a_client_that_prints_all_it_knows_reveals_nothing(command, world, blend, mel, monkeypatch):
    key, token = "7f3a" * 8, "KGAT_9c41d2" + "0b" * 12
    monkeypatch.setenv("KAGGLE_API_TOKEN", token)
    home = Path(os.environ["HOME"]) / ".kaggle"
    (home / "kaggle.json").write_text(json.dumps({"username": "somebody", "key": key}))
    said = f"went wrong with Bearer {token} and {key}"
    world.fail(command, environment=True, stdout=said, stderr=said)
    done = mel("send", blend, "-c", "titanic", "--debug")
    kept = blend.with_suffix(".json").read_text()
    shown = done.stdout + done.stderr + kept + json.dumps(world.calls)
    for secret in (token, key, base64.b64encode(key.encode()).decode()):
        assert secret not in shown
    assert ("[hidden]" in shown) == (command != "submission-limits")


# the client's list


def test_a_list_is_read_through_warnings_and_lines_within_descriptions():
    text = (
        "Warning: Looks like you're using an outdated API Version\n"
        "ref,fileName,date,description,status,publicScore,privateScore\n"
        '5,s.csv,2026-11-23 12:00:00,"a, ""b""\nc [mel-1]",SubmissionStatus.PENDING,,\n'
        "4,s.csv,2026-11-23 12:00:00,d,SubmissionStatus.COMPLETE,0.91,None\n"
        "Warning: something\n"
    )
    first, second = _rows(text)
    assert (first.description, first.state, first.public) == ('a, "b"\nc [mel-1]', "pending", None)
    assert (second.state, second.public, second.private) == ("complete", 0.91, None)


def test_a_file_whose_submission_is_wrong_is_an_error_of_its_own_kind(world, blend):
    blend.with_suffix(".json").unlink()
    blend.write_text("image_name,target\n")
    with pytest.raises(SubmissionError):
        send(blend, "titanic")
