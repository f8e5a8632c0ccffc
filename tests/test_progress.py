"""Progress goes to standard error, names its units, and never fails the work it counts."""

import io
import sys

import pytest

from mel import progress as module
from mel.progress import progress, say


class Terminal(io.StringIO):
    """A standard error that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_news_is_one_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    say("fold 1 of 5")
    assert capsys.readouterr() == ("", "fold 1 of 5\n")


def test_without_a_terminal_there_are_plain_lines_every_ten_seconds(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress("decode", 100, "images") as tick:
        for _ in range(100):
            clock[0] += 1
            tick()
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 10
    assert err.splitlines()[0] == "decode: 10/100 images, 1 images/s, 1:30 left"
    assert err.splitlines()[-1] == "decode: 100/100 images, 1 images/s, 0:00 left"


def test_fast_work_has_one_line_at_its_end(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress("decode", 3000, "images") as tick:
        for _ in range(30):
            clock[0] += 0.1
            tick(100, "fold 2")
    line = "decode: 3,000/3,000 images, 1,000 images/s, 0:00 left, fold 2\n"
    assert capsys.readouterr().err == line


def test_slow_work_does_not_read_as_nought_a_second(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress("train", 3, "folds") as tick:
        tick()
        clock[0] += 40
        tick()
    assert capsys.readouterr().err == "train: 2/3 folds, 0.025 folds/s, 0:40 left\n"


def test_work_that_cannot_be_counted_shows_its_notes_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with progress("doctor", 0, "images") as tick:
        tick(0, "starting TensorFlow")
    assert capsys.readouterr().err == "doctor: starting TensorFlow\n"


@pytest.mark.parametrize("total", [0, 1, 3])
def test_more_or_fewer_ticks_than_said_are_no_fault(total: int) -> None:
    with progress("x", total, "rows") as tick:
        tick(0)
        tick()
        tick()


def test_a_terminal_sees_label_share_rate_and_note(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with progress("decode [bold] {x} 100%", 4, "images") as tick:
        tick(2, "fold [/red] {y}")
        clock[0] += 1
        tick(2, "fold [/red] {y}")
    shown = screen.getvalue()
    for text in ("decode [bold] {x} 100%", "100 %", "images/s", "fold [/red] {y}"):
        assert text in shown


@pytest.mark.parametrize("terminal", [True, False])
def test_an_error_in_the_work_passes_through(
    monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal() if terminal else io.StringIO())
    with pytest.raises(ZeroDivisionError), progress("x", 2, "rows"):
        raise ZeroDivisionError
