"""Damaged files end `mel kaggle load` with one line and status 2, and leave nothing behind."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mel.cli import main
from mel.pipeline import embedded


def _text(change: Callable[[str], str]) -> Callable[[Path], object]:
    return lambda path: path.write_text(change(path.read_text()))


def _bytes(change: Callable[[str], bytes]) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(change(path.read_text()))


def _twice(text: str) -> str:
    return "\n".join(f"{line},{line.split(',')[2]}" for line in text.splitlines()) + "\n"


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        (
            "train.csv",
            _text(lambda text: text.partition("\n")[2]),
            "train.csv: has none of the expected columns, its first line is 'SYN_",
        ),
        (
            "test.csv",
            _text(lambda text: text.replace(",", ";")),
            "test.csv: its columns are separated by ';'; save it with commas between them",
        ),
        (
            "train.csv",
            _text(lambda text: text.replace(",", "\t")),
            "train.csv: its columns are separated by tabs; save it with commas between them",
        ),
        (
            "sample_submission.csv",
            _text(lambda text: text.replace(",", ";")),
            "sample_submission.csv: its columns are separated by ';'",
        ),
        (
            "ISIC_2020_Training_Duplicates.csv",
            _text(lambda text: text.replace(",", ";")),
            "ISIC_2020_Training_Duplicates.csv: its columns are separated by ';'",
        ),
        (
            "train.csv",
            _bytes(lambda text: text.replace("nevus", "n\u00e6vus").encode("cp1252")),
            "is not UTF-8 (byte 0xe6; a Windows encoding?); save it as CSV in UTF-8",
        ),
        (
            "train.csv",
            _bytes(lambda text: text.encode("utf-16")),
            "train.csv: is UTF-16 text, as Excel writes it; save it as CSV in UTF-8",
        ),
        ("train.csv", _text(_twice), "train.csv: column 'sex' stands 2 times; remove one"),
        ("train.csv", _text(lambda _: ""), "train.csv: is empty; fetch it again"),
        ("test.csv", Path.unlink, "test.csv: no such file; check the data folder"),
        ("jpeg/train", None, "no image file SYN_"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.endswith(("csv", "train")) else "",
)
def test_each_fault_is_one_line_and_leaves_nothing(
    siim: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    damage: Callable[[Path], object] | None,
    message: str,
) -> None:
    path = siim / name
    victim = sorted(path.iterdir())[0] if path.is_dir() else path
    (damage or Path.unlink)(victim)
    work = tmp_path / "work"
    words = ["kaggle", "load", str(embedded()["tiny"]), "--data", str(siim), "--work", str(work)]
    monkeypatch.setattr(sys, "argv", ["mel", *words])
    with pytest.raises(SystemExit) as caught:
        main()
    done = capfd.readouterr()
    assert caught.value.code == 2
    errors = [line for line in done.err.splitlines() if line.startswith("mel: ")]
    assert errors == done.err.splitlines()[-1:]
    assert message in errors[0]
    assert not done.out
    assert {file.name for file in work.rglob("*")} <= {".lock"}


def test_a_byte_order_mark_is_no_fault(siim: Path) -> None:
    from mel.config import DataSettings
    from mel.kaggle import load

    settings = DataSettings(adapter="siim2020")
    before = load(settings, siim).table.frame
    for name in ("train.csv", "test.csv", "sample_submission.csv", "solution.csv"):
        (siim / name).write_bytes(b"\xef\xbb\xbf" + (siim / name).read_bytes())
    assert load(settings, siim).table.frame.equals(before)
