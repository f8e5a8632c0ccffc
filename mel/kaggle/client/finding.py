"""Find Kaggle's client and its version, and ask it things."""

import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mel.kaggle.client.advice import explain
from mel.kaggle.client.credentials import secrets
from mel.kaggle.client.failure import ClientError
from mel.kaggle.client.hiding import Secrets
from mel.kaggle.client.running import Output, run

__all__ = ["PATIENCE", "Client", "find"]

PATIENCE = 120.0  # seconds of silence before the client is ended
_OLDEST = (1, 7)  # whose answers and failures are known here
_TOKENS = (1, 8)  # the first that reads tokens
_GET = "pip install 'mel[kaggle]', or pip install kaggle"
_VERSION = re.compile(r"^Kaggle (?:CLI|API)\s+v?(\d+(?:\.\d+)*)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Client:
    """Kaggle's client on this machine: its program, its version, and what it must not reveal.

    `patience`: seconds of silence after which a command of its is ended.
    """

    command: Path
    version: tuple[int, ...]
    secrets: Secrets = field(repr=False)
    environment: Mapping[str, str] = field(repr=False)
    patience: float = PATIENCE

    @property
    def reads_tokens(self) -> bool:
        """Whether this version knows KAGGLE_API_TOKEN and the access-token file."""
        return self.version >= _TOKENS

    def run(
        self,
        *arguments: str,
        alive: Callable[[str], bool] | None = None,
        keep_open: Sequence[int] = (),
    ) -> Output:
        """Run one of its commands and give how it ended; see `running.run`."""
        return run(
            [str(self.command), "-W", *arguments],
            secrets=self.secrets,
            patience=self.patience,
            environment=self.environment,
            alive=alive,
            keep_open=keep_open,
        )

    def ask(self, *arguments: str, about: str) -> str:
        """Run one of its commands and give what it printed on standard output, raw.

        `about` is the competition's name, for the advice. Raises ClientError where it fails.
        """
        output = self.run(*arguments)
        if output.status:
            raise explain(output, about)
        return output.stdout


def find(environment: Mapping[str, str] | None = None, patience: float = PATIENCE) -> Client:
    """Find the client: what MEL_KAGGLE names, else `kaggle` on the path, else beside Python.

    `patience`: seconds of silence after which any of its commands is ended. Raises ClientError
    where there is none, where it does not start, and where it is too old.
    """
    variables = dict(os.environ if environment is None else environment)
    command, hidden = _locate(variables), secrets(variables)
    asked = [str(command), "--version"]
    said = run(asked, secrets=hidden, patience=patience, environment=variables)
    found = _VERSION.search(f"{said.stdout}\n{said.stderr}")
    if found is None:
        raise _nameless(command, said)
    version = tuple(int(part) for part in found.group(1).split("."))
    if version < _OLDEST:
        raise ClientError(
            "old", f"{command}: is version {found.group(1)}; pip install --upgrade kaggle"
        )
    return Client(command, version, hidden, variables, patience)


def _locate(environment: Mapping[str, str]) -> Path:
    if given := environment.get("MEL_KAGGLE"):
        if found := shutil.which(given):
            return Path(found)
        raise ClientError("missing", f"MEL_KAGGLE: {given} is no program; correct or unset it")
    beside = str(Path(sys.executable).parent)
    for place in (environment.get("PATH", os.defpath), beside):
        if found := shutil.which("kaggle", path=place):
            return Path(found)
    raise ClientError("missing", f"Kaggle's client is not installed here; {_GET}")


def _nameless(command: Path, said: Output) -> ClientError:
    if said.status:
        known = explain(said, "kaggle")
        if known.reason in ("network", "disk", "credentials"):
            return known
        return ClientError(
            "broken",
            f"{command}: does not start ({said.last_line[:200] or 'says nothing'}); "
            "pip install --upgrade --force-reinstall kaggle",
        )
    return ClientError(
        "nonsense",
        f"{command}: answers {said.last_line[:80]!r} when asked for its version, so it is not "
        f"Kaggle's client; {_GET}, or name the client in MEL_KAGGLE",
    )
