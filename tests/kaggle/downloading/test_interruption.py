"""Runs that are killed, interrupted, or made to wait for ever."""

import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from mel.errors import MelError
from mel.kaggle import download

BLOCK = 50_000


def _alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _until(what, seconds=20):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def _start(out, *words):
    command = [sys.executable, "-m", "mel.cli", "kaggle", "download", "titanic", "--out", str(out)]
    return subprocess.Popen(
        [*command, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _part(out):
    """Give the bytes that the client has written so far."""
    return sum(p.stat().st_size for p in out.glob(".download/*/*") if p.suffix == ".zip")


def _only_part(out):
    """Nothing stands under a final name."""
    return [path.name for path in out.iterdir()] == [".download"]


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_ended_goes_on_where_it_was(sent, world, out):
    world.set(slow=0.1, block=BLOCK)
    run = _start(out)
    _until(lambda: _part(out) > 3 * BLOCK)
    run.send_signal(sent)
    _, said = run.communicate(timeout=20)
    assert run.returncode == {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}[sent]
    assert "Traceback" not in said
    _until(lambda: not any(_alive(call["pid"]) for call in world.calls), 5)
    assert _only_part(out)
    done = _part(out)
    world.set(slow=0)
    assert download("titanic", out).fetched == 4
    world.check(out)
    starts = [call["start"] for call in world.calls if "start" in call]
    assert starts == [0, done]


def test_a_second_run_does_not_write_into_the_first(world, out, monkeypatch):
    monkeypatch.setattr("mel.kaggle.downloading.scratch._WAIT", 0.3)
    world.set(slow=0.5, block=BLOCK)
    run = _start(out)
    _until(lambda: _part(out) > BLOCK)
    with pytest.raises(MelError, match="another download is writing there"):
        download("titanic", out)
    assert world.count("download") == 1
    run.terminate()
    run.communicate(timeout=20)


def test_a_client_that_hangs_is_ended_after_the_patience(world, out, mel):
    world.fail("files", sleep=600)
    start = time.monotonic()
    done = mel("titanic", "--out", out, "--patience", "1.5")
    assert time.monotonic() - start < 15
    assert done.returncode == 2
    assert done.stderr.startswith("mel: Kaggle's client did nothing for 2 s and was ended")
    assert not any(_alive(call["pid"]) for call in world.calls)
    assert not out.exists()


def test_a_download_that_stalls_is_ended_and_what_came_is_kept(world, out):
    world.set(block=BLOCK, stop_at=4 * BLOCK, stop={"sleep": 600})
    with pytest.raises(MelError, match="did nothing for 1 s"):
        download("titanic", out, patience=1.0)
    assert _part(out) == 4 * BLOCK
    assert _only_part(out)
    world.heal()
    download("titanic", out)
    world.check(out)
    assert [call["start"] for call in world.calls if "start" in call] == [0, 4 * BLOCK]


def test_a_slow_download_that_grows_is_not_ended(world, out):
    world.set(slow=0.3, block=120_000)
    download("titanic", out, patience=1.0)
    world.check(out)


def test_a_full_disk_ends_the_client_that_would_try_again_and_again(world, out):
    said = (
        "\nConnection error: OSError: [Errno 28] No space left on device\nRetrying in 32.0 seconds"
    )
    world.set(block=BLOCK, stop_at=2 * BLOCK, stop={"stdout": said, "sleep": 600})
    start = time.monotonic()
    with pytest.raises(MelError, match="the disk is full; free some space"):
        download("titanic", out)
    assert time.monotonic() - start < 15
    assert _only_part(out)
    world.heal()
    download("titanic", out)
    world.check(out)


def test_a_client_that_fails_half_way_is_gone_on_with(world, out):
    said = "ConnectionError: Connection reset by peer"
    world.set(block=BLOCK, stop_at=2 * BLOCK, stop={"stderr": said, "status": 1})
    with pytest.raises(MelError, match="cannot be reached"):
        download("titanic", out)
    world.heal()
    download("titanic", out)
    world.check(out)


def test_a_client_that_stops_early_with_status_0_is_noticed(world, out):
    """As it does when something else interrupts it: "User cancelled operation"."""
    stop = {"stdout": "\nUser cancelled operation", "status": 0}
    world.set(block=BLOCK, stop_at=2 * BLOCK, stop=stop)
    with pytest.raises(MelError, match=r"left no whole file .*User cancelled operation"):
        download("titanic", out)
    world.heal()
    download("titanic", out)
    world.check(out)


def test_a_client_that_cannot_go_on_begins_anew(world, out):
    """Version 1.7 fails with a TypeError when it should resume."""
    world.set(block=BLOCK, stop_at=2 * BLOCK, stop={"kill": signal.SIGTERM})
    with pytest.raises(MelError, match="killed by signal 15"):
        download("titanic", out)
    world.heal()
    world.set(cannot_resume=True)
    download("titanic", out)
    world.check(out)
    assert [call["start"] for call in world.calls if "start" in call] == [0, 2 * BLOCK, 0]


def test_an_archive_spoilt_by_going_on_is_fetched_anew(world, out):
    """Kaggle's file may have changed between two runs."""
    world.set(block=BLOCK, stop_at=2 * BLOCK, stop={"kill": signal.SIGTERM})
    with pytest.raises(MelError):
        download("titanic", out)
    (part,) = (p for p in out.glob(".download/*/*") if p.suffix == ".zip")
    part.write_bytes(b"x" * (part.stat().st_size + 7))
    world.heal()
    download("titanic", out)
    world.check(out)


def test_unpacking_that_was_killed_goes_on_without_fetching_again(world, out):
    world.set(files={f"train/{i:04}.jpg": 20_000 for i in range(600)}, page=200)
    run = _start(out)
    with suppress(AssertionError):
        _until(lambda: len(list(out.glob("train/*.jpg"))) > 20, 10)
    run.kill()
    run.communicate()
    assert all(p.stat().st_size == 20_000 for p in out.glob("train/*.jpg"))
    download("titanic", out)
    world.check(out)
    assert world.count("download") == 1
