"""A bundle that is killed while pip downloads: nothing half-made, and the next run goes on."""

import os
import select
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mel.kaggle.offline import bundle
from mel.kaggle.offline.wheel import is_whole

from .conftest import HERE, write_wheel

RECIPE = """\
name = "offline"
data = { adapter = "siim2020" }
[[cnn.members]]
backbone = "efficientnetv2_micro"
size = 32
"""


class Index(BaseHTTPRequestHandler):
    """A package index of one wheel, of which half is sent until somebody lets it go on."""

    wheel = Path()
    half = threading.Event()
    go = threading.Event()

    def log_message(self, *_):
        """Say nothing."""

    def do_GET(self):
        """Give the page of the package, or the wheel."""
        page = f'<a href="/{self.wheel.name}">{self.wheel.name}</a>'.encode()
        data = page if self.path.startswith("/simple/") else self.wheel.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if data is page else "application/zip")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if data is not page:
            self.wfile.write(data[: len(data) // 2])
            data = data[len(data) // 2 :]
            Index.half.set()
            Index.go.wait(20)
        try:
            self.wfile.write(data)
        except OSError:  # whoever asked was killed
            return


@pytest.fixture
def index(tmp_path, monkeypatch):
    """Let pip ask this index alone."""
    Index.wheel = write_wheel(tmp_path, "new", "1.0")
    Index.half.clear()
    Index.go.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Index)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield Index
    Index.go.set()
    server.shutdown()
    server.server_close()


def _children(parent):
    """Give the processes that another started."""
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def test_a_kill_while_pip_downloads_leaves_nothing_half_made_and_the_next_run_goes_on(
    index, tmp_path
):
    (tmp_path / "freeze.txt").write_text("other==1.0\n")
    (tmp_path / "recipe.toml").write_text(RECIPE)
    (tmp_path / "own").mkdir()
    own = write_wheel(tmp_path / "own", "mel", "0.1.0", ["new; extra == 'train'"])
    out = tmp_path / "out"
    words = {"image": tmp_path / "freeze.txt", "python": HERE, "wheel": own}
    options = [f"--{name}={value}" for name, value in words.items()]
    command = [sys.executable, "-m", "mel", "kaggle", "bundle", str(tmp_path / "recipe.toml")]
    command += [*options, "--owner=me", f"--out={out}", "--extra=train"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as run:
        assert index.half.wait(20)
        (child,) = _children(run.pid)
        end = os.pidfd_open(child)
        run.send_signal(signal.SIGKILL)
    assert select.select([end], [], [], 5)[0], "pip goes on without mel"
    os.close(end)
    assert not out.exists()
    kept = list((tmp_path / "out.parts" / "wheels").iterdir())
    assert [path.name for path in kept] == [own.name]
    assert all(map(is_whole, kept))

    index.go.set()
    made = bundle(out, tmp_path / "recipe.toml", "me", extras=["train"], **words)
    assert made.wheels == (own.name, "new-1.0-py3-none-any.whl")
    assert sorted(path.name for path in out.iterdir()) == ["dataset", "infer", "train"]
    assert not (tmp_path / "out.parts").exists()
