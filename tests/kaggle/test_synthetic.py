"""A synthetic competition looks like the real one, says what it is, and is whole or absent."""

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from mel.errors import MelError
from mel.kaggle import synth
from mel.kaggle.synthetic import MARKER

_REAL_TRAIN = (
    "image_name,patient_id,sex,age_approx,anatom_site_general_challenge,"
    "diagnosis,benign_malignant,target"
)


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def test_the_tables_have_the_real_headers(tiny: Path) -> None:
    headers = {path.name: path.read_text().splitlines()[0] for path in tiny.glob("*.csv")}
    assert headers == {
        "train.csv": _REAL_TRAIN,
        "test.csv": _REAL_TRAIN.removesuffix(",diagnosis,benign_malignant,target"),
        "sample_submission.csv": "image_name,target",
        "solution.csv": "image_name,target",
        "ISIC_2020_Training_Duplicates.csv": "image_name_1,image_name_2",
    }


def test_the_tables_have_the_real_types_and_spellings(tiny: Path, real_data: Path) -> None:
    for name in ("train.csv", "test.csv"):
        mine, real = pl.read_csv(tiny / name), pl.read_csv(real_data / "siim2020" / name)
        assert mine.schema == real.schema
        for column in ("sex", "anatom_site_general_challenge", "age_approx"):
            assert set(mine[column].drop_nulls()) <= set(real[column].drop_nulls())
    mine = pl.read_csv(tiny / "train.csv")
    real = pl.read_csv(real_data / "siim2020" / "train.csv")
    pairs = ["diagnosis", "benign_malignant", "target"]
    assert set(mine.select(pairs).iter_rows()) <= set(real.select(pairs).iter_rows())
    for column in ("sex", "age_approx", "anatom_site_general_challenge"):
        assert mine[column].null_count() > 0


def test_every_row_has_its_picture_and_every_picture_its_row(tiny: Path) -> None:
    for split in ("train", "test"):
        names = pl.read_csv(tiny / f"{split}.csv")["image_name"].to_list()
        pictures = [path.stem for path in (tiny / "jpeg" / split).iterdir()]
        assert sorted(names) == sorted(pictures)
    with Image.open(tiny / "jpeg" / "train" / f"{pictures_of(tiny)[0]}.jpg") as picture:
        assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (160, 120))


def pictures_of(folder: Path) -> list[str]:
    return pl.read_csv(folder / "train.csv")["image_name"].to_list()


def test_it_says_that_it_is_synthetic(tiny: Path) -> None:
    marker = json.loads((tiny / MARKER).read_text())
    assert marker["synthetic"] is True
    assert marker["notice"].startswith("SYNTHETIC DATA")
    assert all(name.startswith("SYN_") for name in pictures_of(tiny))


def test_no_patient_has_images_in_train_and_test(tiny: Path) -> None:
    train, test = pl.read_csv(tiny / "train.csv"), pl.read_csv(tiny / "test.csv")
    assert not set(train["patient_id"]) & set(test["patient_id"])
    assert not set(train["image_name"]) & set(test["image_name"])


def test_the_solution_and_the_sample_hold_exactly_the_test_images(tiny: Path) -> None:
    test = pl.read_csv(tiny / "test.csv")["image_name"].to_list()
    solution = pl.read_csv(tiny / "solution.csv")
    assert solution["image_name"].to_list() == test
    assert pl.read_csv(tiny / "sample_submission.csv")["image_name"].to_list() == test
    assert set(solution["target"]) == {0, 1}


def test_listed_duplicates_are_other_encodings_of_one_picture_of_one_patient(tiny: Path) -> None:
    train = {row["image_name"]: row for row in pl.read_csv(tiny / "train.csv").to_dicts()}
    pairs = pl.read_csv(tiny / "ISIC_2020_Training_Duplicates.csv").rows()
    assert len(pairs) == 2
    folder = tiny / "jpeg" / "train"
    for one, other in pairs:
        assert one != other
        assert train[one] | {"image_name": other} == train[other]
        first, second = (np.asarray(Image.open(folder / f"{name}.jpg")) for name in (one, other))
        stranger = np.asarray(Image.open(next(folder.iterdir())))
        gap = np.abs(first.astype(int) - second).mean()
        assert 0 < gap < 4 < np.abs(first.astype(int) - stranger).mean()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    tiny: Path, tmp_path: Path
) -> None:
    again = _digests(synth(tmp_path / "again", size="tiny", seed=0))
    assert again == _digests(tiny)
    other = synth(tmp_path / "other", size="tiny", seed=1)
    assert not set(pictures_of(other)) & set(pictures_of(tiny))


def test_one_that_is_there_already_is_left_alone(siim: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in siim.rglob("*")}
    assert synth(siim, size="tiny") == siim
    assert {path: path.stat().st_mtime_ns for path in siim.rglob("*")} == before


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert (synth(tmp_path / "out", size="tiny") / "train.csv").is_file()


def test_a_folder_with_anything_else_is_refused(siim: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(MelError, match=r"mine: holds files that mel did not write; choose"):
        synth(tmp_path / "mine", size="tiny")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"
    with pytest.raises(MelError, match=r"holds another .* than size tiny, seed 1; choose"):
        synth(siim, size="tiny", seed=1)
    next((siim / "jpeg" / "test").iterdir()).unlink()
    with pytest.raises(MelError, match=r"files of this synthetic competition are gone; choose"):
        synth(siim, size="tiny")
    with pytest.raises(MelError, match=r"thesis.txt: is a file, not a folder; choose"):
        synth(tmp_path / "mine" / "thesis.txt")


def test_unknown_sizes_and_negative_seeds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MelError, match=r"unknown size 'tini'; did you mean 'tiny'"):
        synth(tmp_path / "out", size="tini")  # type: ignore[arg-type]
    with pytest.raises(MelError, match="seed -1 is negative"):
        synth(tmp_path / "out", size="tiny", seed=-1)
    assert not list(tmp_path.iterdir())


def test_a_killed_synth_leaves_no_competition_behind(tmp_path: Path) -> None:
    """SIGKILL while pictures are being drawn: the name stays free and the next run succeeds."""
    out = tmp_path / "out"
    code = f"from pathlib import Path; from mel.kaggle import synth; synth(Path({str(out)!r}))"
    child = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("*/jpeg/train/*.jpg")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert list(tmp_path.glob("*/jpeg/train/*.jpg"))
    assert not out.exists()
    assert (synth(out, size="tiny") / MARKER).is_file()


def test_a_full_disk_is_one_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[Path] = []

    def save(self: Image.Image, path: Path, **options: int) -> None:
        saved.append(path)
        if len(saved) == 5:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Image.Image, "save", save)
    with pytest.raises(MelError, match=r"out: cannot be written \(No space left on device\)"):
        synth(tmp_path / "out", size="tiny")
    assert len(saved) == 5
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MelError, match=r"out: cannot be written \(.*\); free or choose a place"):
        synth(tmp_path / "file" / "out", size="tiny")
