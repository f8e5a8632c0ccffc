"""Who trains a fold: held by real processes, taken over from dead and from silent ones."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mel.cnn.jobs import claims
from mel.cnn.jobs.claims import claimed, gives_a_sign, still_claimed
from mel.cnn.jobs.holders import dead, me
from mel.errors import MelError

LEASE = 1.5  # seconds, in place of minutes

HOLD = """
import sys, time
from dataclasses import replace
from pathlib import Path
from mel.cnn.jobs import claims, holders
if sys.argv[2] == "elsewhere":
    claims._locked = lambda file: True  # machines that share a folder without its locks
me = replace(holders.me(), host=sys.argv[2]) if sys.argv[2] != "here" else holders.me()
with claims.claimed(Path(sys.argv[1]), 0, lease=float(sys.argv[3]), holder=me) as claim:
    print("mine" if claim else "not mine", flush=True)
    while claim and not claim.lost.wait(0.05):
        if Path(sys.argv[1], "end").exists():
            break
    if claim:
        print("lost" if claim.lost.is_set() else "given back", flush=True)
"""


@contextmanager
def _holder(member: Path, where: str = "here") -> "Iterator[subprocess.Popen[str]]":
    command = [sys.executable, "-c", HOLD, str(member), where, str(LEASE)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


def _said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system whose locks do not reach other machines."""
    monkeypatch.setattr(claims, "_locked", lambda file: True)


def _mine(member: Path) -> bool:
    with claimed(member, 0, lease=LEASE) as claim:
        return claim is not None


def test_of_many_processes_at_once_one_gets_a_fold(tmp_path: Path) -> None:
    with ExitStack() as stack:
        places = ["here", "here", "elsewhere", "elsewhere", "elsewhere"]
        processes = [stack.enter_context(_holder(tmp_path, place)) for place in places]
        said = [_said(process) for process in processes]
    assert said.count("mine") == 1, said


def test_a_fold_is_free_at_once_when_its_holder_on_this_machine_was_killed(
    tmp_path: Path, shared: None
) -> None:
    with _holder(tmp_path) as process:
        assert _said(process) == "mine"
        assert not _mine(tmp_path)
        process.kill()
        process.wait()
        assert (tmp_path / "fold0/claim.json").exists()
        assert _mine(tmp_path)


def test_a_fold_of_a_killed_holder_elsewhere_is_free_when_its_lease_ends(
    tmp_path: Path, shared: None
) -> None:
    with _holder(tmp_path, "elsewhere") as process:
        assert _said(process) == "mine"
        process.kill()
        process.wait()
        assert not _mine(tmp_path)
        time.sleep(LEASE + 0.3)
        assert _mine(tmp_path)


def test_a_holder_that_lives_keeps_its_fold_longer_than_a_lease(
    tmp_path: Path, shared: None
) -> None:
    with _holder(tmp_path, "elsewhere") as process:
        assert _said(process) == "mine"
        time.sleep(2 * LEASE)
        assert not _mine(tmp_path)
        (tmp_path / "end").touch()
        assert _said(process) == "given back"
        process.wait()
    assert _mine(tmp_path)


def test_a_stopped_holder_elsewhere_loses_its_fold_and_learns_of_it(
    tmp_path: Path, shared: None
) -> None:
    with _holder(tmp_path, "elsewhere") as process:
        assert _said(process) == "mine"
        ticket = {"path": str(tmp_path / "fold0/claim.json")}
        ticket["token"] = json.loads(Path(ticket["path"]).read_text())["token"]
        still_claimed(ticket)
        process.send_signal(signal.SIGSTOP)
        time.sleep(LEASE + 0.3)
        with claimed(tmp_path, 0, lease=LEASE) as claim:
            assert claim is not None
            with pytest.raises(MelError, match="another process took this fold over"):
                still_claimed(ticket)
            process.send_signal(signal.SIGCONT)
            assert _said(process) == "lost"
            process.wait()
            still_claimed(claim.ticket)
            assert not claim.lost.is_set()


def test_a_stopped_holder_of_this_machine_keeps_its_fold(tmp_path: Path) -> None:
    with _holder(tmp_path) as process:
        assert _said(process) == "mine"
        process.send_signal(signal.SIGSTOP)
        time.sleep(LEASE + 0.3)
        assert not _mine(tmp_path)


def test_a_holder_that_lives_gives_a_sign_and_of_a_dead_one_the_end_is_waited_for(
    tmp_path: Path, shared: None
) -> None:
    with _holder(tmp_path, "elsewhere") as process:
        assert _said(process) == "mine"
        assert gives_a_sign(tmp_path, 0, lease=LEASE)
        process.kill()
        process.wait()
        began = time.monotonic()
        assert not gives_a_sign(tmp_path, 0, lease=LEASE)
        assert time.monotonic() - began < LEASE + 1
        assert _mine(tmp_path)
        assert not gives_a_sign(tmp_path, 0, lease=LEASE), "nobody holds it"


def test_a_holder_of_this_machine_gives_a_sign_by_its_lock(tmp_path: Path) -> None:
    with _holder(tmp_path) as process:
        assert _said(process) == "mine"
        process.send_signal(signal.SIGSTOP)
        assert gives_a_sign(tmp_path, 0, lease=LEASE)


def test_several_that_find_a_dead_lease_do_not_all_take_it(tmp_path: Path) -> None:
    with _holder(tmp_path, "elsewhere") as process:
        assert _said(process) == "mine"
        process.kill()
        process.wait()
    time.sleep(LEASE + 0.2)
    with ExitStack() as stack:
        processes = [stack.enter_context(_holder(tmp_path, "elsewhere")) for _ in range(4)]
        said = [_said(process) for process in processes]
    assert said.count("mine") == 1, said


@pytest.mark.parametrize("content", ["", "{", "[]", '{"token": "x"}', '{"pid": "seven"}'])
def test_a_lease_that_cannot_be_read_ends_as_any_other(
    tmp_path: Path, shared: None, content: str
) -> None:
    place = tmp_path / "fold0"
    place.mkdir()
    (place / "claim.json").write_text(content)
    assert not _mine(tmp_path)
    os.utime(place / "claim.json", (time.time() - 10, time.time() - 10))
    assert _mine(tmp_path)


def test_of_another_machine_or_container_no_process_is_known_to_be_dead() -> None:
    mine = me()
    gone = replace(mine, pid=2**22 - 1, began="1")
    assert dead(gone, mine)
    assert not dead(mine, mine)
    assert not dead(replace(gone, host="other"), mine)
    assert not dead(replace(gone, space="pid:[1]"), mine)
    assert dead(replace(mine, began="1"), mine), "another process has its number now"
    here = replace(mine, host="box 0123")
    assert dead(replace(here, boot="before"), here)
    assert not dead(replace(here, host="box", boot="x"), replace(here, host="box"))


def test_a_lease_leaves_nothing_behind(tmp_path: Path) -> None:
    assert _mine(tmp_path)
    assert [path.name for path in (tmp_path / "fold0").iterdir()] == [".lock"]


def test_a_full_disk_is_one_line_and_leaves_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, *_: object, **__: object) -> None:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with (
        pytest.raises(MelError, match=r"fold0: cannot be written \(No space left on device\)"),
        claimed(tmp_path, 0),
    ):
        pass
    assert [path.name for path in (tmp_path / "fold0").iterdir()] == [".lock"]


def test_a_folder_that_cannot_be_written_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "fold0").write_text("a file")
    with (
        pytest.raises(MelError, match=r"fold0: cannot be written \(File exists\)"),
        claimed(tmp_path, 0),
    ):
        pass
