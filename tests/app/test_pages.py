"""The pages as Streamlit runs them, without a browser."""

import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

testing = pytest.importorskip("streamlit.testing.v1", reason="needs Streamlit: mel[app]")

MAIN = Path(__file__).parents[2] / "mel" / "app" / "script" / "main.py"


def opened() -> Any:
    page = testing.AppTest.from_file(str(MAIN), default_timeout=60).run()
    assert not page.exception
    return page


def written(page: Any) -> str:
    return " ".join([*bodies(page), *(m.value for m in page.markdown)])


def bodies(page: Any) -> list[str]:
    return [found.proto.body for found in page.get("html")]


def send(page: Any, name: str, data: bytes) -> None:
    page.file_uploader[0].upload(name, data, "image/jpeg").run()


def with_example(page: Any, number: int = 1) -> Any:
    page.radio(key="way").set_value("Examples").run()
    button = next(b for b in page.button if b.label == f"Add Example {number}")
    return button.click().run()


def test_the_disclaimer_comes_first_and_stays(served: Path) -> None:
    page = opened()
    first = next(body for body in bodies(page) if "<style>" not in body)
    assert "no medical device" in first
    assert "stored" in first
    assert "mel-always" in written(with_example(page))


def test_an_example_is_scored_with_its_reasons(served: Path) -> None:
    page = with_example(opened())
    assert not page.exception
    text = written(page)
    for part in ("calibrated risk", "alarm line", "training pictures", "The folds", "data:image"):
        assert part in text, part
    assert "drawn &lt;b&gt;here&lt;/b&gt;" in text
    labels = [e.label for e in page.expander]
    assert labels == ["What the alarm line is worth", "What each part contributes",
                      "The photo, measured"]  # fmt: skip


def test_moles_of_one_person_are_compared(served: Path) -> None:
    page = opened()
    page.radio(key="way").set_value("Examples").run()
    next(b for b in page.button if "of one person" in b.label).click().run()
    assert not page.exception
    assert "The riskiest first" in written(page)
    assert "as one person" in written(page)
    page.toggle(key="together").set_value(False).run()
    assert "as one person" not in written(page)
    assert len(page.get("download_button")) == 2


def test_uploads_are_taken_and_hostile_ones_named(served: Path, photos: list[Path]) -> None:
    page = opened()
    send(page, photos[0].name, photos[0].read_bytes())
    send(page, "fake.jpg", b"%PDF-1.7")
    assert not page.exception
    assert [w.value for w in page.warning] == [
        "fake.jpg: is a PDF; give a photo as JPEG, PNG or WebP"
    ]
    assert photos[0].stem in written(page)
    assert page.file_uploader[0].value in ([], None)


def test_moles_of_both_sexes_as_one_persons_are_asked_about(served: Path) -> None:
    page = with_example(with_example(opened()), 2)
    page.selectbox[0].set_value("male").run()
    page.selectbox[2].set_value("female").run()
    assert "of one person?" in page.info[0].value
    next(b for b in page.button if "of the first for all" in b.label).click().run()
    assert not page.exception
    assert not page.info
    assert [page.selectbox[k].value for k in (0, 2)] == ["male", "male"]


def test_an_absurd_age_gets_a_friendly_line(served: Path) -> None:
    page = with_example(opened())
    page.number_input[0].set_value(999).run()
    assert not page.exception
    assert "Age 999 is not possible" in page.warning[0].value
    assert "Age unknown" in written(page)


def test_removing_a_photo_brings_back_the_start(served: Path) -> None:
    page = with_example(opened())
    next(b for b in page.button if b.label == "Remove").click().run()
    assert not page.exception
    assert "Each photo shows one mole" in written(page)


def about_script() -> None:
    import os

    from mel.app.model import Model
    from mel.app.pages import about

    about.show(Model.open(os.environ["MEL_APP_BUNDLE"]))


def test_the_models_page_shows_worth_groups_data_and_limits(served: Path) -> None:
    page = testing.AppTest.from_function(about_script, default_timeout=60).run()
    assert not page.exception
    text = written(page)
    for part in ("0.800", "0.750", "ROC curve", "Reliability", "sex female (9)", "60", "ruler"):
        assert part in text, part
    assert [tab.label for tab in page.tabs] == ["Worth", "Groups", "Data", "Limits", "Whole card"]
    assert "example.org" not in text


def test_a_bundle_without_facts_still_has_a_page(
    handmade: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEL_APP_BUNDLE", str(handmade / "blend.mel"))
    page = testing.AppTest.from_function(about_script, default_timeout=60).run()
    assert not page.exception
    assert "says nothing" in page.info[0].value


def test_a_broken_bundle_is_one_friendly_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEL_APP_BUNDLE", str(tmp_path / "none.mel"))
    page = testing.AppTest.from_file(str(MAIN), default_timeout=60).run()
    assert not page.exception
    assert "cannot be opened" in page.error[0].value


_WATCHED: list[list[str]] = []


def _audit(event: str, given: tuple[Any, ...]) -> None:
    """Note files that Python opens to write, and connections, whoever asks for them."""
    if not _WATCHED:
        return
    if event == "open" and isinstance(given[2], int) and given[2] & (os.O_WRONLY | os.O_RDWR):
        _WATCHED[-1].append(f"write {given[0]}")
    elif event in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        _WATCHED[-1].append(f"{event} {given[1]}")


sys.addaudithook(_audit)


@contextmanager
def watched() -> Iterator[list[str]]:
    _WATCHED.append([])
    try:
        yield _WATCHED[-1]
    finally:
        _WATCHED.pop()


def test_a_session_opens_no_connection_and_writes_no_file(
    served: Path, photos: list[Path], tmp_path: Path
) -> None:
    page = opened()
    with watched() as calls:
        for path in photos[:2]:
            send(page, path.name, path.read_bytes())
    assert not page.exception
    assert "The riskiest first" in written(page)
    assert calls == []
    with watched() as calls, socket.socket() as probe:
        (tmp_path / "x").write_bytes(b"x")  # whatever way it is written, it would be seen
        tempfile.TemporaryFile().close()
        probe.setblocking(False)
        probe.connect_ex(("127.0.0.1", 9))
    assert len(calls) >= 3
