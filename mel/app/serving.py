"""Start the app: a Streamlit server as a child process, bound to this machine alone."""

import importlib.util
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from mel.bundles import Bundle
from mel.errors import MelError

__all__ = ["BUNDLE", "MEGABYTES", "command", "require", "serve"]

BUNDLE = "MEL_APP_BUNDLE"  # the variable that names the bundle to the server
MEGABYTES = 25  # of one file that a browser may send
_MAIN = Path(__file__).parent / "script" / "main.py"
_STOP = 5.0  # seconds the server has to end

_INK, _TEAL, _MIST = "#1e293b", "#0f766e", "#f5f7f9"
_SETTINGS: dict[str, object] = {
    "global.developmentMode": False,  # which Streamlit takes for on where it lies in an odd place
    "browser.gatherUsageStats": False,
    "server.headless": True,
    "server.showEmailPrompt": False,
    "server.fileWatcherType": "none",
    "server.enableXsrfProtection": True,
    "server.enableCORS": True,
    "server.enableStaticServing": False,
    "server.maxUploadSize": MEGABYTES,
    "server.maxMessageSize": 100,
    "server.disconnectedSessionTTL": 30,
    "client.toolbarMode": "viewer",
    "client.showErrorDetails": "none",
    "runner.magicEnabled": False,
    "logger.level": "warning",
    "theme.light.primaryColor": _TEAL,
    "theme.light.textColor": _INK,
    "theme.light.backgroundColor": "#ffffff",
    "theme.light.secondaryBackgroundColor": _MIST,
    "theme.dark.primaryColor": "#2dd4bf",
    "theme.dark.textColor": "#e5eaf1",
    "theme.dark.backgroundColor": "#0f172a",
    "theme.dark.secondaryBackgroundColor": "#1a2438",
}


def command(host: str, port: int) -> list[str]:
    """Give the command line of the server.

    >>> "--server.enableXsrfProtection=true" in command("localhost", 8501)
    True
    """
    settings = {"server.address": host, "browser.serverAddress": host, "server.port": port}
    flags = [f"--{name}={_text(value)}" for name, value in (_SETTINGS | settings).items()]
    return [sys.executable, "-m", "streamlit", "run", str(_MAIN), *flags]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def require(host: str, port: int) -> None:
    """Refuse what would keep the app from being served.

    Raises MelError where Streamlit is not installed, the port is taken, or the address is not one
    of this machine.

    >>> with socket.create_server(("127.0.0.1", 0)) as other:  # a server that is there already
    ...     require("127.0.0.1", other.getsockname()[1])
    Traceback (most recent call last):
        ...
    mel.errors.MelError: 127.0.0.1:...: address already in use; choose another --port or --host
    """
    if importlib.util.find_spec("streamlit") is None:
        raise MelError("the app needs Streamlit: pip install 'mel[app]'")
    try:
        (family, kind, *_, address), *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise MelError(f"{host}:{port}: {why}; choose another --port or --host") from None


def serve(
    bundle: Path | str, host: str, port: int, *, ready: Callable[[str], None] = print
) -> None:
    """Serve the app over a bundle until it is stopped; `ready` is told the address.

    Raises MelError as `require` does, where there is no such bundle or it was changed, and when the
    server ends by itself.

    >>> serve("work/none.mel", "127.0.0.1", 0)
    Traceback (most recent call last):
        ...
    mel.errors.MelError: work/none.mel: no such bundle; correct the path, or make it: ...
    """
    require(host, port)
    Bundle.open(bundle)
    environment = os.environ | {BUNDLE: str(Path(bundle).resolve())}
    server = subprocess.Popen(  # noqa: S603  # our own words
        command(host, port),
        env=environment,
        stdout=subprocess.DEVNULL,  # its greeting; what is wrong goes to standard error
    )
    ready(f"http://{f'[{host}]' if ':' in host else host}:{port}")
    try:
        status = server.wait()
    finally:
        _end(server)
    raise MelError(f"the app's server ended with status {status}; its last lines say why")


def _end(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.terminate()
    try:
        server.wait(_STOP)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
