"""pip, called as a command: what it says where it fails becomes one line."""

import os
import re
import subprocess
import sys

from mel.errors import MelError
from mel.kaggle.client.hiding import Secrets
from mel.process import end_with_parent

__all__ = ["PipError", "pip"]

_SHOWN = 240  # characters of pip's own words that a message quotes
_KEPT = "what is here is kept: run the same again"
_NETWORK = (
    r"NewConnectionError|NameResolutionError|Max retries exceeded|Connection (?:refused|reset"
    r"|broken|aborted|timed out)|ConnectTimeout|ReadTimeout|Read timed out|Network is unreachable"
    r"|ProxyError|Temporary failure in name resolution|SSLError|CERTIFICATE_VERIFY_FAILED"
)


class PipError(MelError):
    """What pip could not do; `said` is all it printed, for those who know what to make of it."""

    def __init__(self, message: str, said: str) -> None:
        super().__init__(message)
        self.said = said


def pip(*words: str) -> str:
    """Run pip with these words, and give what it printed; it ends when this process is killed.

    Raises PipError with one line for: no network, no wheel that fits, packages that contradict
    each other, a full disk, no pip.
    """
    command = [sys.executable, "-m", "pip", *words]
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_NO_COLOR": "1"}
    done = subprocess.run(  # noqa: S603  # our own interpreter
        command,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | quiet,
        preexec_fn=end_with_parent(),
    )
    if done.returncode:
        said = Secrets.of([], os.environ).hide(f"{done.stdout}\n{done.stderr}")
        raise PipError(_advice(said), said)
    return done.stdout


def _advice(said: str) -> str:
    if re.search(r"No space left on device|Disk quota exceeded", said):
        return f"the disk is full; free some space: {_KEPT}"
    if re.search(r"No module named pip\b", said):
        return "pip is not installed here, and downloads the wheels; python -m ensurepip brings it"
    if re.search(_NETWORK, said):
        return (
            "no package index can be reached; see whether this machine has a network (and pip's "
            f"index and proxy are right): {_KEPT}"
        )
    if found := re.search(r"No matching distribution found for (.+)", said):
        return (
            f"{found[1].strip()}: no wheel of it fits the notebook's Python and platform; take "
            "another --python, or an --image that has it"
        )
    if "ResolutionImpossible" in said or "conflicting dependencies" in said:
        return f"packages contradict each other: {_first(said, 'The conflict is caused by')}"
    return f"pip: {_first(said, 'ERROR')}"


def _first(said: str, mark: str) -> str:
    """Give the words from a mark on, in one line of a bearable length."""
    start = max(said.find(mark), 0)
    return " ".join(said[start:].split())[:_SHOWN]
