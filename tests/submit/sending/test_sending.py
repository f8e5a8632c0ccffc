"""A submission is sent once, found again, and its score is written down, whatever happens."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from mel.errors import MelError
from mel.kaggle.client import Client, ClientError, find
from mel.predictions import Predictions
from mel.submit import SubmissionError, make
from mel.submit import list as listed
from mel.submit.sending import Notebook, going, send, waiting


@pytest.fixture(autouse=True)
def checked(monkeypatch):
    """Leave out what Kaggle is asked before: test_before_sending.py has all of that."""
    monkeypatch.setattr(going, "ask_kaggle", lambda order, patience: ((), find(None, patience)))


def _json(path):
    return json.loads(path.with_suffix(".json").read_text())


def _last(path):
    return _json(path)["sent"][-1]


def _scores(values, name="blend"):
    rows = {"image_id": [*"abc"], "score": values}
    frame = pl.DataFrame(rows).with_columns(fold=pl.lit(None, pl.Int16))
    return Predictions.of(frame, name=name, kind="test", folds="f" * 16)


# sent, once


def test_a_submission_is_sent_scored_and_written_down(world, blend):
    world.set(looks=2, public="0.9490", private="0.9488")
    before = _json(blend)
    done = send(blend, "titanic")
    assert (done.state, done.public, done.private) == ("complete", 0.949, 0.9488)
    row = _last(blend)
    assert (row["state"], row["public"], row["private"]) == ("complete", 0.949, 0.9488)
    assert (row["competition"], row["ref"], row["notebook"]) == ("titanic", "101", None)
    assert {name: _json(blend)[name] for name in before} == before
    assert world.count("submit") == 1


def test_the_command_says_what_it_did_and_how_long_it_waits(world, blend, mel):
    world.set(looks=1, public="0.9490")
    done = mel("send", blend, "-c", "https://www.kaggle.com/competitions/titanic")
    assert done.returncode == 0, done.stderr
    assert "public       0.9490\nprivate      -\n" in done.stdout
    assert "blend: sent to titanic as 'blend [mel-" in done.stderr
    assert "waiting for the score: pending, 0:00" in done.stderr


def test_the_same_again_sends_nothing_twice(world, blend, mel):
    world.set(public="0.9490")
    send(blend, "titanic")
    done = mel("send", blend)  # it knows the competition
    assert done.returncode == 0
    assert "was sent already" in done.stderr
    assert "0.9490" in done.stdout
    assert world.count("submit") == 1


def test_sent_once_more_on_request_it_is_known_by_another_word(world, blend):
    world.set(public="0.5")
    send(blend, "titanic")
    world.set(public="0.6")
    assert send(blend, "titanic", again=True).public == 0.6
    first, second = _json(blend)["sent"]
    assert first["tag"] != second["tag"]
    assert (first["public"], second["public"]) == (0.5, 0.6)


def test_a_message_of_any_characters_is_found_again(world, blend):
    world.set(public="0.5")
    assert send(blend, "titanic", message='--odd, "quoted"\n über [mel-').public == 0.5
    assert _last(blend)["message"].startswith('--odd, "quoted" über [mel- [mel-')


def test_without_waiting_it_is_noted_and_waited_for_later(world, blend):
    world.set(looks=1, public="0.5")
    assert send(blend, "titanic", wait=False).state == "pending"
    assert _last(blend)["state"] == "pending"
    assert send(blend).public == 0.5
    assert world.count("submit") == 1


# stopped


@pytest.mark.parametrize(("fault", "sent"), [("after", 1), ("faults", 2)])
def test_a_client_that_was_killed_is_asked_whether_kaggle_has_it(fault, sent, world, blend, capfd):
    """Killed after Kaggle had the file, or before: either way Kaggle has it once in the end."""
    killed = {"kill": signal.SIGKILL}
    world.set(**{fault: killed if fault == "after" else {"submit": killed}}, public="0.5")
    with pytest.raises(ClientError, match="killed by signal 9"):
        send(blend, "titanic")
    assert "may have reached Kaggle" in capfd.readouterr().err
    assert _last(blend)["state"] == "sending"
    world.set(after={}, faults={})
    assert send(blend, "titanic").public == 0.5
    assert world.count("submit") == sent
    assert len(_json(blend)["sent"]) == 1


@pytest.mark.parametrize(("hangs", "asked"), [("before", 2), ("after", 1)])
def test_a_run_that_is_killed_while_it_sends_has_sent_once_in_the_end(hangs, asked, world, blend):
    """Killed while the client uploads, or when Kaggle has the file and nobody has noted it."""
    if hangs == "before":
        world.fail("submit", sleep=600)
    else:
        world.set(after={"sleep": 600})
    command = [sys.executable, "-m", "mel.cli", "submit", "send", str(blend), "-c", "titanic"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as run:
        end = time.monotonic() + 20
        kept = world.path.with_suffix(".sent")
        while not (kept.exists() if hangs == "after" else world.count("submit")):
            assert time.monotonic() < end
            time.sleep(0.02)
        run.send_signal(signal.SIGKILL)
    assert _last(blend)["state"] == "sending"
    world.heal()
    world.set(after={}, public="0.5")
    assert send(blend, "titanic").public == 0.5
    assert (world.count("submit"), len(json.loads(kept.read_text()))) == (asked, 1)
    assert len(_json(blend)["sent"]) == 1
    names = {path.name for path in blend.parent.iterdir()}
    assert names == {blend.name, blend.with_suffix(".json").name}


def test_ctrl_c_while_the_client_sends_says_how_it_stands(world, blend, monkeypatch, capfd):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "run", stopped)
    with pytest.raises(KeyboardInterrupt):
        send(blend, "titanic")
    assert "may have reached Kaggle; the same command looks" in capfd.readouterr().err
    assert _last(blend)["state"] == "sending"


def test_a_wait_that_is_ended_says_how_to_go_on(world, blend):
    world.set(looks=10**6)
    command = [sys.executable, "-m", "mel.cli", "submit", "send", str(blend), "-c", "titanic"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as run:
        end = time.monotonic() + 30
        while not world.count("submissions"):
            assert time.monotonic() < end
            time.sleep(0.02)
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=20)
    assert run.returncode == 130
    assert "blend: sent, not scored yet; the same command goes on waiting for it" in said
    assert "Traceback" not in said
    assert _last(blend)["state"] == "pending"
    world.set(looks=0, public="0.5")
    assert send(blend).public == 0.5
    assert world.count("submit") == 1


def test_a_client_that_hangs_is_ended_and_asked_anew(world, blend):
    world.fail("submit", sleep=600)
    with pytest.raises(ClientError, match="did nothing for 1 s and was ended"):
        send(blend, "titanic", patience=1.0)
    assert _last(blend)["state"] == "sending"
    world.heal()
    assert send(blend, "titanic").state == "complete"


def test_a_wait_has_an_end_and_can_be_gone_on_with(world, blend):
    world.set(looks=1)
    with pytest.raises(ClientError, match="not scored after 0 min; the same command goes on"):
        send(blend, "titanic", minutes=0)
    assert _last(blend)["state"] == "pending"
    assert send(blend, "titanic").state == "complete"


@pytest.mark.parametrize(("failures", "ends"), [(2, True), (3, False)])
def test_a_network_that_fails_for_a_while_ends_no_wait(failures, ends, world, blend, monkeypatch):
    looks, real = [], waiting.submissions

    def flaky(client, name):
        looks.append(name)
        if len(looks) <= failures:
            raise ClientError("network", "Kaggle's server cannot be reached")
        return real(client, name)

    monkeypatch.setattr(waiting, "submissions", flaky)
    if ends:
        assert send(blend, "titanic").state == "complete"
    else:
        with pytest.raises(ClientError, match="cannot be reached"):
            send(blend, "titanic")
        assert _last(blend)["state"] == "pending"


def test_a_submission_that_kaggle_does_not_list_is_not_waited_for_for_ever(world, blend):
    world.set(unlisted=True)
    with pytest.raises(ClientError, match="Kaggle does not list it, as after the day's last one"):
        send(blend, "titanic")
    assert _last(blend)["state"] == "pending"


def test_two_do_not_send_from_one_folder_at_once(world, blend):
    turn = os.open(blend.parent, os.O_RDONLY)
    fcntl.flock(turn, fcntl.LOCK_EX)
    with pytest.raises(MelError, match="another mel is sending from this folder"):
        send(blend, "titanic")
    os.close(turn)
    assert not world.calls


# made anew


def test_what_was_sent_is_kept_when_it_is_made_anew(world, blend):
    world.set(public="0.5")
    send(blend, "titanic")
    old, place = blend.read_bytes(), blend.parent
    sample = place.parent / "sample_submission.csv"
    make(_scores([0.1, 0.9, 0.4]), sample, blend)
    assert _last(blend)["public"] == 0.5  # the very same file
    make(_scores([0.3, 0.2, 0.1]), sample, blend)
    assert "sent" not in _json(blend)
    (kept,) = place.glob("blend-*.csv")
    assert kept.read_bytes() == old
    assert _last(kept)["public"] == 0.5
    names = listed(place.parent)["name"].to_list()
    assert sorted(names) == sorted(["blend", kept.stem])


def test_a_score_that_comes_after_the_file_was_made_anew_is_its_own(world, blend, monkeypatch):
    world.set(public="0.5")
    real = waiting.submissions

    def meanwhile(client, name):
        sample = blend.parent.parent / "sample_submission.csv"
        make(_scores([0.3, 0.2, 0.1]), sample, blend)
        return real(client, name)

    monkeypatch.setattr(waiting, "submissions", meanwhile)
    send(blend, "titanic")
    (kept,) = blend.parent.glob("blend-*.csv")
    assert (_last(kept)["public"], "sent" in _json(blend)) == (0.5, False)


def test_a_private_score_is_fetched_when_it_is_known(world, blend):
    world.set(public="0.5")
    send(blend, "titanic")
    world.set(private="0.4")
    assert listed(blend.parent)["private"].to_list() == [None]
    assert listed(blend.parent, refresh=True)["private"].to_list() == [0.4]
    assert _last(blend)["private"] == 0.4


# notebooks


def test_a_notebooks_output_is_sent_by_its_version(world, tmp_path, mel):
    world.set(looks=1, public="0.5")
    words = ("-c", "titanic", "-k", "me/infer", "-v", "3", "-f", "submission.csv")
    done = mel("send", *words, "--folder", tmp_path / "notes")
    assert done.returncode == 0, done.stderr
    row = _last(tmp_path / "notes" / "me-infer-v3.json")
    assert row["notebook"] == {"kernel": "me/infer", "version": 3, "file": "submission.csv"}
    assert row["public"] == 0.5
    (call,) = (c["argv"] for c in world.calls if "submit" in c["argv"])
    assert call[-3:] == ["--file=submission.csv", "--kernel=me/infer", "--version=3"]
    assert mel("send", *words, "--folder", tmp_path / "notes").returncode == 0
    assert world.count("submit") == 1


def test_a_file_that_a_notebook_wrote_keeps_what_it_was_made_of(world, blend):
    notebook = Notebook.of("me/infer", 3)
    send(blend, "titanic", notebook=notebook)
    assert _json(blend)["folds"] == "f" * 16
    assert _last(blend)["notebook"]["version"] == 3
    send(blend, "titanic", notebook=Notebook.of("me/infer", 4))  # another version, another sending
    assert world.count("submit") == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-k", "infer", "-v", "3"), "'infer': is no OWNER/NOTEBOOK"),
        (("-k", "me/infer"), "which version"),
        (("-k", "me/infer", "-v", "0"), "which version"),
        (("-k", "me/infer", "-v", "3", "-f", "a/b"), "'a/b' is no file's name"),
        (("-v", "3"), "give --kernel"),
        ((), "give a submission's FILE"),
    ],
)
def test_a_notebook_that_is_none_is_refused(words, said, world, mel):
    done = mel("send", "-c", "titanic", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert not world.calls


# what Kaggle made of it


def test_a_submission_that_kaggle_cannot_score_is_a_failure_and_not_sent_again(world, blend, mel):
    world.set(verdict="ERROR")
    done = mel("send", blend, "-c", "titanic")
    assert done.returncode == 1
    assert "Kaggle could not score it; https://www.kaggle.com/competitions/titanic" in done.stderr
    assert (_last(blend)["state"], _last(blend)["public"]) == ("error", None)
    with pytest.raises(SubmissionError, match="--again"):
        send(blend, "titanic")
    assert world.count("submit") == 1


def test_a_list_that_is_none_is_an_error_after_some_looks(world, blend):
    world.fail("submissions", stdout="<html>Sign in</html>", status=0)
    with pytest.raises(ClientError, match="answers '<html>Sign in</html>' in place of a list"):
        send(blend, "titanic")
    assert _last(blend)["state"] == "pending"


def test_a_json_of_something_else_is_neither_read_nor_written_over(world, blend):
    beside = blend.with_suffix(".json")
    beside.write_text('{"kind": "shopping"}')
    with pytest.raises(MelError, match="is no submission's JSON"):
        send(blend, "titanic")
    assert beside.read_text() == '{"kind": "shopping"}'
    assert not world.calls


def test_a_strangers_file_gets_a_json_of_its_own(world, blend):
    other = blend.with_name("other.csv")
    other.write_bytes(Path(blend).read_bytes())
    world.set(public="0.5")
    send(other, "titanic")
    assert (_json(other)["name"], _last(other)["public"]) == ("other", 0.5)
