"""`mel app`: refusals in one line, a server of this machine alone, and its end."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from mel.app import require, serve
from mel.app.serving import command
from mel.errors import MelError

pytest.importorskip("streamlit", reason="needs Streamlit: mel[app]")

MEL = [sys.executable, "-m", "mel.cli", "app"]


def free() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


def test_streamlits_protections_stay_on_and_nothing_is_reported() -> None:
    words = command("localhost", 8501)
    for flag in (
        "--browser.gatherUsageStats=false",
        "--server.enableXsrfProtection=true",
        "--server.enableCORS=true",
        "--server.address=localhost",
        "--server.maxUploadSize=25",
        "--client.showErrorDetails=none",
        "--server.enableStaticServing=false",
    ):
        assert flag in words


def test_a_taken_port_and_a_strange_address_are_refused() -> None:
    with socket.socket() as other:
        other.bind(("localhost", 0))
        other.listen()
        with pytest.raises(MelError, match="in use; choose another --port"):
            require("localhost", other.getsockname()[1])
    with pytest.raises(MelError, match="choose another --port or --host"):
        require("192.0.2.1", free())


def test_what_is_no_bundle_is_refused_before_a_server_starts(tmp_path: Path) -> None:
    (tmp_path / "odd.mel").write_bytes(b"PK\x03\x04 nothing")
    for name, text in (("none.mel", "no such bundle"), ("odd.mel", "no whole bundle")):
        with pytest.raises(MelError, match=text):
            serve(tmp_path / name, "localhost", free())


def test_the_command_serves_until_it_is_told_to_end(bundle: Path) -> None:
    """SIGTERM ends the server as well; it listens on the local host only."""
    port = free()
    run = subprocess.Popen(
        [*MEL, "--bundle", str(bundle), "--port", str(port)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        assert run.stdout is not None
        assert run.stdout.readline().startswith(f"http://localhost:{port}")
        assert answers(f"http://localhost:{port}/_stcore/health")
        assert listening(port) <= {"0100007F", "00000000000000000000000001000000"}
    finally:
        run.send_signal(signal.SIGTERM)
        status = run.wait(30)
    assert status == 143
    assert not answers(f"http://localhost:{port}/_stcore/health", patience=0)


def answers(address: str, patience: float = 60) -> bool:
    end = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as found:
                return bool(found.status == 200)
        except (urllib.error.URLError, OSError):
            if time.monotonic() >= end:
                return False
            time.sleep(0.2)


def listening(port: int) -> set[str]:
    """The addresses at which somebody listens on a port, as Linux writes them."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, own, _, state, *_ = line.split()
            address, _, number = own.partition(":")
            if state == "0A" and int(number, 16) == port:
                found.add(address)
    return found
