"""Forgetting: uploads as soon as they are taken, sessions when their browser has left.

Streamlit keeps a copy of every upload until its session ends, and what a closed session held until
another one closes. The app promises more than that.
"""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import streamlit as st
from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from mel.app.session import Session

__all__ = ["Visitors", "met", "taken"]

_AWAY = 35.0  # seconds; a browser that is back before Streamlit's 30 finds its session again
_EVERY = 5.0  # seconds between two looks


class Visitors:
    """All sessions, each forgotten when its browser has been away for `patience` seconds.

    `active` says whether the browser of a session is there, `forget` drops what else is kept of it.
    """

    def __init__(
        self,
        active: Callable[[str], bool],
        forget: Callable[[str], None],
        patience: float = _AWAY,
    ) -> None:
        self._active, self._forget, self._patience = active, forget, patience
        self._sessions: dict[str, Session] = {}
        self._away: dict[str, float] = {}

    def met(self, key: str, session: Session) -> None:
        """Know a session."""
        self._sessions[key] = session

    def sweep(self, now: float) -> None:
        """Forget who has been away for long."""
        for key in list(self._sessions):
            if self._active(key):
                self._away.pop(key, None)
            elif now - self._away.setdefault(key, now) >= self._patience:
                self._sessions.pop(key).clear()
                self._away.pop(key)
                self._forget(key)


def met(session: Session) -> None:
    """See to it that this visitor's session is forgotten some time after the browser has left."""
    if context := get_script_run_ctx():
        _visitors().met(context.session_id, session)


def taken(files: Iterable[Any]) -> None:
    """Drop the copies that Streamlit holds of uploaded files."""
    if context := get_script_run_ctx():
        for file in files:
            context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)


def _visitors() -> Visitors:
    """Give the one list of the server's visitors."""
    made: Visitors = st.cache_resource(_watched, show_spinner=False)()
    return made


def _watched() -> Visitors:
    visitors = Visitors(_active, _forget)
    threading.Thread(target=_watch, args=(visitors,), name="mel-visitors", daemon=True).start()
    return visitors


def _watch(visitors: Visitors) -> None:
    while True:
        time.sleep(_EVERY)
        visitors.sweep(time.monotonic())


def _active(key: str) -> bool:
    return not exists() or get_instance().is_active_session(key)


def _forget(key: str) -> None:
    if exists():
        get_instance().uploaded_file_mgr.remove_session_files(key)
