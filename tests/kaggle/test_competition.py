"""A competition on disk becomes one checked table, and its digest tells when it has changed."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import mel.kaggle
from mel.config import DataSettings
from mel.errors import MelError
from mel.kaggle import load, source_digest, synth
from mel.tables import ImageTable

_SIIM = DataSettings(adapter="siim2020")
_HAM = DataSettings(adapter="ham10000", test_fraction=0.25)


def test_a_synthetic_competition_loads_and_says_so(tiny: Path, tmp_path: Path) -> None:
    competition = load(_SIIM, tiny)
    table = competition.table
    assert (table.train.height, table.test.height, table.train["target"].sum()) == (84, 36, 14)
    assert table.synthetic
    assert set(table.frame["source"]) == {"synthetic"}
    assert table.inputs == {"data": source_digest(_SIIM, tiny), "settings": _SIIM.digest}
    assert competition.solution is not None
    assert set(competition.solution["image_id"]) == set(table.test["image_id"])
    assert competition.sample.columns == ["image_name", "target"]
    table.write(tmp_path / "images.parquet")
    assert ImageTable.read(tmp_path / "images.parquet").digest == table.digest


def test_each_image_has_the_absolute_path_of_its_own_file(tiny: Path) -> None:
    frame = load(_SIIM, tiny).table.frame
    for image_id, split, path in frame.select("image_id", "split", "path").iter_rows():
        assert Path(path) == tiny.resolve() / "jpeg" / split / f"{image_id}.jpg"
        assert Path(path).is_absolute()
        assert Path(path).is_file()


def test_a_relative_folder_gives_the_same_table(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny.parent)
    assert load(_SIIM, tiny.name).table.digest == load(_SIIM, tiny).table.digest
    assert source_digest(_SIIM, tiny.name) == source_digest(_SIIM, tiny)
    assert synth(tiny.name, size="tiny") == Path(tiny.name)


def test_images_may_lie_in_flat_folders(siim: Path) -> None:
    before = load(_SIIM, siim).table.frame
    for split in ("train", "test"):
        (siim / "jpeg" / split).rename(siim / split)
    after = load(_SIIM, siim).table.frame
    assert after.drop("path").equals(before.drop("path"))
    assert all(Path(path).is_file() for path in after["path"])


def test_ham10000_loads_from_its_image_folder_or_its_two_parts(ham: Path) -> None:
    one = load(_HAM, ham)
    assert one.table.frame.height == 60
    assert not one.table.synthetic
    (ham / "images").rename(ham / "HAM10000_images_part_1")
    part_2 = ham / "HAM10000_images_part_2"
    part_2.mkdir()
    for path in sorted((ham / "HAM10000_images_part_1").iterdir())[:30]:
        path.rename(part_2 / path.name)
    two = load(_HAM, ham)
    assert two.table.frame.drop("path").equals(one.table.frame.drop("path"))


def test_the_real_ham10000_loads_whole(real_data: Path) -> None:
    competition = load(DataSettings(adapter="ham10000", test_fraction=0.15), real_data / "ham10000")
    assert competition.table.frame.height == 10_015
    assert competition.solution is not None
    assert competition.table.test.height == competition.solution.height


def test_missing_and_empty_images_are_refused(siim: Path) -> None:
    victim = sorted((siim / "jpeg" / "train").iterdir())[0]
    victim.write_bytes(b"")
    with pytest.raises(MelError, match=rf"{victim.name}: the image file is empty \(1 such\)"):
        load(_SIIM, siim)
    victim.unlink()
    message = rf"no image file {victim.name} \(1 of 84 missing\); put it into jpeg/train or train"
    with pytest.raises(MelError, match=message):
        load(_SIIM, siim)


def test_the_real_tables_without_images_are_refused(real_data: Path) -> None:
    with pytest.raises(MelError, match=r"no image file ISIC_0015719.jpg \(33126 of 33126 missing"):
        load(_SIIM, real_data / "siim2020")


def test_a_missing_folder_or_table_is_refused(tmp_path: Path) -> None:
    for act in (load, source_digest):
        with pytest.raises(MelError, match="gone: no such data folder; give the one"):
            act(_SIIM, tmp_path / "gone")
    with pytest.raises(MelError, match=r"train.csv: no such file; check the data folder"):
        load(_SIIM, tmp_path)
    with pytest.raises(MelError, match=r"HAM10000_metadata.csv: no such file"):
        load(_HAM, tmp_path)


def test_a_patient_in_train_and_test_is_refused(siim: Path) -> None:
    train = pl.read_csv(siim / "train.csv", infer_schema=False)
    test = pl.read_csv(siim / "test.csv", infer_schema=False)
    test.with_columns(patient_id=pl.lit(train["patient_id"][0])).write_csv(siim / "test.csv")
    with pytest.raises(MelError, match=r"synthetic: patient 'SYNP_\d+' has images in"):
        load(_SIIM, siim)


def test_the_digest_sees_a_changed_table_and_a_changed_listing(siim: Path) -> None:
    seen = {source_digest(_SIIM, siim)}
    assert source_digest(_SIIM, siim) in seen

    train = siim / "train.csv"
    train.write_text(train.read_text().replace("torso", "head/neck", 1))
    seen.add(source_digest(_SIIM, siim))
    assert len(seen) == 2
    victim = sorted((siim / "jpeg" / "test").iterdir())[0]
    victim.write_bytes(victim.read_bytes() + b"\0")
    seen.add(source_digest(_SIIM, siim))
    assert len(seen) == 3
    victim.rename(victim.with_name("other.jpg"))
    seen.add(source_digest(_SIIM, siim))
    assert len(seen) == 4
    (siim / "solution.csv").unlink()
    seen.add(source_digest(_SIIM, siim))
    assert len(seen) == 5


def test_the_room_imports_neither_kaggles_client_nor_anything_heavy() -> None:
    code = (
        "import sys, mel.kaggle; "
        "print([m for m in ('kaggle', 'tensorflow', 'sklearn', 'lightgbm') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr
    assert {"Competition", "load", "source_digest", "synth"} <= set(mel.kaggle.__all__)
