"""Where Kaggle's client will find its credentials, without using or showing them."""

import json
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mel.kaggle.client.failure import ClientError
from mel.kaggle.client.hiding import Secrets
from mel.kaggle.client.slug import SETTINGS

__all__ = ["Credentials", "credentials", "secrets"]

_NEW = f"make a token at {SETTINGS}/api and put it into KAGGLE_API_TOKEN or ~/.kaggle/access_token"

_NOTEBOOK = ("KAGGLE_KERNEL_RUN_TYPE", "KAGGLE_DATA_PROXY_URL")  # set inside Kaggle's notebooks


@dataclass(frozen=True)
class Credentials:
    """Where the credentials are (`source`), of which `kind`, and what is unwise about them.

    `kind` is "token" (KAGGLE_API_TOKEN or an access-token file), "key" (user name and key, from
    kaggle.json or the environment) or "login" (left by `kaggle auth login`).
    """

    kind: str
    source: str
    warning: str = ""


def credentials(environment: Mapping[str, str]) -> Credentials:
    """Find the credentials in the order of Kaggle's client: token, user name and key, login.

    Raises ClientError where there are none, or where those that come first cannot be right.
    """
    found = _token(environment) or _key(environment) or _login(environment)
    if found is None:
        raise _unusable(f"no Kaggle credentials; {_NEW}")
    return found


def secrets(environment: Mapping[str, str]) -> Secrets:
    """Collect what must never be shown: keys and tokens of the environment and of all files."""
    values = [environment.get(name, "") for name in ("KAGGLE_API_TOKEN", "KAGGLE_KEY")]
    named = [_named(environment.get(f"KAGGLE_API_{name}", "")) for name in ("TOKEN", "V1_TOKEN")]
    values += [_read(path) for path in (*_token_files(environment), *named) if path]
    for path in (_config(environment) / "kaggle.json", _home(environment) / "credentials.json"):
        values += [text for name, text in _object(path).items() if name != "username"]
    user = environment.get("KAGGLE_USERNAME", "")
    values += [f"{user}:{value}" for value in values if user and value]
    return Secrets.of(values, environment)


def _token(environment: Mapping[str, str]) -> Credentials | None:
    inside = all(environment.get(name) for name in _NOTEBOOK)
    if inside and (path := _named(environment.get("KAGGLE_API_V1_TOKEN", ""))):
        return _of_file(path, "KAGGLE_API_V1_TOKEN, the file ")
    given = environment.get("KAGGLE_API_TOKEN", "")
    if given and (path := _named(given)):
        return _of_file(path, "KAGGLE_API_TOKEN, the file ")
    if given:
        _check_word(given, "KAGGLE_API_TOKEN")
        return Credentials("token", "KAGGLE_API_TOKEN")
    for path in _token_files(environment):
        if path.exists() and (not _is_readable(path) or _read(path)):
            return _of_file(path)
    return None


def _of_file(path: Path, before: str = "") -> Credentials:
    _check_readable(path)
    if not (text := _read(path)):
        raise _unusable(f"{path}: is empty; {_NEW}")
    _check_word(text, str(path))
    return Credentials("token", f"{before}{path}", _exposed(path))


def _key(environment: Mapping[str, str]) -> Credentials | None:
    path = _config(environment) / "kaggle.json"
    if path.exists():
        _check_readable(path)
    names = ("username", "key")
    inside = _object(path)
    given = {n: environment.get(f"KAGGLE_{n.upper()}", "") for n in names}
    lacking = [n for n in names if not (given[n] or inside.get(n))]
    if len(lacking) == 2 and not path.exists():
        return None
    if lacking and any(given.values()):
        raise _unusable(f"KAGGLE_{lacking[0].upper()} is not set; set it, or {_NEW}")
    if lacking:
        raise _unusable(f"{path}: holds no {lacking[0]}; {_NEW}")
    where = "KAGGLE_USERNAME and KAGGLE_KEY" if all(given.values()) else str(path)
    key = given["key"] or inside["key"]
    if key.startswith("KGAT_"):
        raise _unusable(f"{where}: the key is a token; put it into KAGGLE_API_TOKEN")
    _check_word(key, where)
    return Credentials("key", where, "" if all(given.values()) else _exposed(path))


def _login(environment: Mapping[str, str]) -> Credentials | None:
    path = _home(environment) / "credentials.json"
    if not _object(path).get("refresh_token"):
        return None
    return Credentials("login", str(path), _exposed(path))


def _home(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("HOME") or Path.home()) / ".kaggle"


def _config(environment: Mapping[str, str]) -> Path:
    """Give the folder of kaggle.json, found as Kaggle's client does."""
    home = _home(environment)
    if given := environment.get("KAGGLE_CONFIG_DIR"):
        return Path(given)
    if home.exists() or sys.platform != "linux":
        return home
    return Path(environment.get("XDG_CONFIG_HOME") or home.parent / ".config") / "kaggle"


def _token_files(environment: Mapping[str, str]) -> Iterator[Path]:
    yield from (_home(environment) / name for name in ("access_token", "access_token.txt"))


def _named(value: str) -> Path | None:
    """Give the file that KAGGLE_API_TOKEN names, if it is a path and not a token."""
    try:
        return Path(value) if value and Path(value).is_file() else None
    except (OSError, ValueError):  # too long a name, or one that no file can have
        return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def _object(path: Path) -> dict[str, str]:
    try:
        value = json.loads(_read(path) or "{}")
    except (ValueError, RecursionError):
        return {}
    found = value if isinstance(value, dict) else {}
    return {name: text for name, text in found.items() if isinstance(text, str)}


def _is_readable(path: Path) -> bool:
    try:
        path.read_bytes()
    except OSError:
        return False
    return True


def _check_readable(path: Path) -> None:
    if not _is_readable(path):
        raise _unusable(f"{path}: cannot be read; chown it to you, chmod 600 {path}")


def _check_word(text: str, where: str) -> None:
    if any(c.isspace() or c in "\"'{}" for c in text):
        raise _unusable(f"{where}: holds more than a token (spaces, quotes or JSON); {_NEW}")


def _unusable(message: str) -> ClientError:
    return ClientError("credentials", message)


def _exposed(path: Path) -> str:
    mode = path.stat().st_mode
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return f"others may read it: chmod 600 {path}"
    return ""
