"""What is kept of a visitor: nothing, once the browser has left."""

from pathlib import Path
from typing import Any

import pytest

testing = pytest.importorskip("streamlit.testing.v1", reason="needs Streamlit: mel[app]")

from mel.app.pages.leaving import Visitors  # noqa: E402  # it needs Streamlit
from mel.app.session import Session  # noqa: E402

from .test_pages import opened, send  # noqa: E402
from .test_session import files  # noqa: E402


def test_a_session_is_forgotten_when_its_browser_stays_away(photos: list[Path]) -> None:
    there, forgotten = {"a", "b"}, []
    sessions = {key: Session() for key in "ab"}
    visitors = Visitors(lambda key: key in there, forgotten.append, patience=30)
    for key, session in sessions.items():
        session.take(files(photos[:1]))
        visitors.met(key, session)
    visitors.sweep(0)
    there.remove("b")
    visitors.sweep(10)
    visitors.sweep(39)
    assert [len(session.moles) for session in sessions.values()] == [1, 1]
    visitors.sweep(40)
    assert [len(session.moles) for session in sessions.values()] == [1, 0]
    assert forgotten == ["b"]
    visitors.sweep(1000)
    assert forgotten == ["b"]


def test_a_browser_that_comes_back_in_time_finds_its_photos(photos: list[Path]) -> None:
    there: set[str] = set()
    session = Session()
    session.take(files(photos[:1]))
    visitors = Visitors(lambda key: key in there, lambda _key: None, patience=30)
    visitors.met("a", session)
    visitors.sweep(0)
    there.add("a")
    visitors.sweep(29)
    there.clear()
    visitors.sweep(31)
    visitors.sweep(60)
    assert len(session.moles) == 1


def test_streamlits_own_copy_of_an_upload_is_dropped_at_once(
    served: Path, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

    dropped: list[str] = []

    def remove(_manager: Any, session_id: str, file_id: str) -> None:
        dropped.append(file_id)

    monkeypatch.setattr(MemoryUploadedFileManager, "remove_file", remove)
    page = opened()
    send(page, photos[0].name, photos[0].read_bytes())
    send(page, "fake.jpg", b"%PDF-1.7")
    assert not page.exception
    assert len(set(dropped)) == 2
