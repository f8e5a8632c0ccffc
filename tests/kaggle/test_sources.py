"""A competition with others beside it: their rows train, their words and faults are named."""

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

from mel.config import DataSettings
from mel.errors import MelError
from mel.kaggle import Competition, load, source_digest

_ISIC = {"adapter": "isic2019", "folder": "../isic2019", "missing_patient": "own"}
_HAM = {"adapter": "ham10000", "folder": "../ham10000"}


def _settings(*external: dict[str, Any], **more: Any) -> DataSettings:
    return DataSettings.model_validate(
        {"adapter": "siim2020", "external": list(external), "images": "none", **more}
    )


@pytest.fixture
def both(siim: Path, ham: Path) -> tuple[Path, Path]:
    """Give a competition, and a HAM10000 that shares two images with it: a train and a test one."""
    names = [
        pl.read_csv(siim / f"{split}.csv")["image_name"].sort()[0] for split in ("train", "test")
    ]
    metadata = ham / "HAM10000_metadata.csv"
    for old, new in zip(("ISIC_003", "ISIC_009"), names, strict=True):
        metadata.write_text(metadata.read_text().replace(old, new))
        (ham / "images" / f"{old}.jpg").rename(ham / "images" / f"{new}.jpg")
    return siim, ham


def _joined(both: tuple[Path, Path], **more: Any) -> Competition:
    siim, ham = both
    return load(_settings({"adapter": "ham10000", "folder": str(ham)}, **more), siim)


# what the real tables give


def test_the_real_three_join_into_one_table(real_data: Path) -> None:
    found = load(_settings(_ISIC, _HAM), real_data / "siim2020")
    table = found.table
    assert (table.train.height, table.test.height, table.external.height) == (
        33_126,
        10_982,
        25_331,
    )
    assert table.external["target"].sum() == 4_522
    assert found.left_out.group_by("source", "reason").len().rows() == [
        ("ham10000", "is also in isic2019", 10_015)
    ]
    assert found.notes == (
        "ham10000: 10,015 images left out, such as ISIC_0024306, which is also in isic2019",
    )
    assert set(table.external["site"].drop_nulls()) == set(table.train["site"].drop_nulls())


def test_what_the_real_tables_say_and_the_vocabulary_does_not_is_listed(real_data: Path) -> None:
    found = load(_settings(_HAM), real_data / "siim2020")
    assert found.unmapped.rows() == [
        ("diagnosis", "atypical melanocytic proliferation", 1, "siim2020"),
        ("diagnosis", "cafe-au-lait macule", 1, "siim2020"),
        ("dx", "akiec", 327, "ham10000"),
    ]


def test_the_order_of_the_sources_decides_whose_row_stays(real_data: Path) -> None:
    frame = load(_settings(_HAM, _ISIC), real_data / "siim2020").table.external
    counts = dict(frame["source"].value_counts().iter_rows())
    assert counts == {"ham10000": 10_015, "isic2019": 15_316}


def test_a_main_source_keeps_its_images_from_an_external_one(real_data: Path) -> None:
    """HAM10000 with a part held out, and all of ISIC 2019 beside it: no held-out image trains."""
    settings = _settings({**_ISIC, "folder": "../isic2019"}).model_dump()
    settings |= {"adapter": "ham10000", "test_fraction": 0.15}
    found = load(DataSettings.model_validate(settings), real_data / "ham10000")
    assert found.table.external.height == 25_331 - 10_015
    tested = set(found.table.test["image_id"])
    assert not tested & set(found.table.external["image_id"])
    assert found.left_out.height == 10_015


# what becomes of external rows


def test_external_rows_train_and_carry_their_source(both: tuple[Path, Path]) -> None:
    table = _joined(both, images="files").table
    assert (table.train.height, table.test.height, table.external.height) == (84, 36, 58)
    assert set(table.external["source"]) == {"ham10000"}
    assert table.external["target"].null_count() == 0
    assert all(Path(path).is_file() for path in table.frame["path"])
    assert table.synthetic


def test_shared_images_stay_with_the_main_source_and_are_listed(both: tuple[Path, Path]) -> None:
    found = _joined(both)
    assert found.left_out["source"].to_list() == ["ham10000"] * 2
    assert set(found.left_out["reason"]) == {"is also in synthetic", "is a test image of synthetic"}
    kept = found.table.frame.join(found.left_out, left_on="image_id", right_on="kept_id")
    assert set(kept["source"]) == {"synthetic"}
    assert len(found.notes) == 2


def test_a_shared_picture_need_not_lie_in_the_external_folder(both: tuple[Path, Path]) -> None:
    _, ham = both
    first = load(_settings(), both[0]).table.train["image_id"].sort()[0]
    (ham / "images" / f"{first}.jpg").unlink()
    assert _joined(both, images="files").table.external.height == 58


def test_an_external_folder_is_within_the_data_folder_or_absolute(both: tuple[Path, Path]) -> None:
    siim, ham = both
    absolute = _joined(both).table.frame
    shutil.move(ham, siim / "more")
    inside = load(_settings({"adapter": "ham10000", "folder": "more"}), siim).table.frame
    assert inside.equals(absolute)
    with pytest.raises(MelError, match=r"gone: no such data folder; correct data.external.folder"):
        load(_settings({"adapter": "ham10000", "folder": "gone"}), siim)


def test_only_the_train_tables_of_an_external_source_are_read(siim: Path, ham: Path) -> None:
    (siim / "test.csv").unlink()
    settings = {
        "adapter": "ham10000",
        "test_fraction": 0.25,
        "images": "none",
        "external": [{"adapter": "siim2020", "folder": str(siim), "source": "siim"}],
    }
    table = load(DataSettings.model_validate(settings), ham).table
    assert dict(table.frame["source"].value_counts().iter_rows()) == {"ham10000": 60, "siim": 84}
    assert table.external["duplicate_id"].drop_nulls().len() == 4


def test_another_meaning_of_the_target_is_noted(tmp_path: Path, siim: Path) -> None:
    columns = {"isic_id": ["ISIC_1"], "patient_id": ["IP_1"], "age_approx": ["4"], "sex": ["male"]}
    frame = pl.DataFrame({**columns, "anatom_site_general": [None], "target": [0]})
    frame.with_columns(iddx_full=pl.lit("Benign")).write_csv(tmp_path / "train-metadata.csv")
    external = {"adapter": "isic2024", "folder": str(tmp_path)}
    (note,) = load(_settings(external), siim).notes
    assert note.startswith("isic2024: a target of 1 means malignant, in synthetic melanoma; set")
    same = {**external, "positive_diagnoses": ["melanoma"]}
    assert load(_settings(same), siim).notes == ()


# tables without pictures, pictures without rows


def test_tables_alone_load_without_a_picture(real_data: Path) -> None:
    table = load(_settings(), real_data / "siim2020").table
    assert not table.has_images
    assert table.frame["path"].null_count() == table.frame.height == 44_108
    assert "file_bytes" not in table.frame.columns


def test_pictures_without_a_row_are_counted_and_not_used(both: tuple[Path, Path]) -> None:
    siim, ham = both
    for folder in (siim / "jpeg" / "train", ham / "images"):
        Image.new("RGB", (4, 4)).save(folder / "stray.jpg")
    Image.new("RGB", (4, 4)).save(ham / "images" / "stray_2.jpg")
    found = _joined(both, images="files")
    assert "synthetic: 1 image file not in its tables, and not used" in found.notes
    assert "ham10000: 2 image files not in its tables, and not used" in found.notes
    assert not found.table.frame["image_id"].str.contains("stray").any()


def test_two_pictures_for_one_id_are_refused(siim: Path) -> None:
    victim = sorted((siim / "jpeg" / "train").iterdir())[0]
    shutil.copy(victim, victim.with_suffix(".png"))
    with pytest.raises(MelError, match=rf"two pictures of '{victim.stem}', .*\.jpg and .*\.png"):
        load(_settings(images="files"), siim)


# copies


def test_copies_are_labelled_by_either_form_of_the_list(siim: Path) -> None:
    before = load(_settings(), siim).table.frame
    old = siim / "ISIC_2020_Training_Duplicates.csv"
    pairs = pl.read_csv(old).rename({"image_name_1": "ISIC_id", "image_name_2": "ISIC_id_paired"})
    pairs.with_columns(partition=pl.lit("train")).write_csv(siim / "2020_Challenge_duplicates.csv")
    old.unlink()
    assert load(_settings(), siim).table.frame.equals(before)
    assert before["duplicate_id"].drop_nulls().len() == 4


def test_copies_may_be_dropped_and_are_listed(siim: Path) -> None:
    before = load(_settings(), siim).table.frame
    found = load(_settings(drop_duplicates=True), siim)
    gone = found.left_out
    assert gone["reason"].to_list() == ["is a copy of an image that stays"] * 2
    assert set(before["image_id"]) - set(found.table.frame["image_id"]) == set(gone["image_id"])
    twins = dict(before.drop_nulls("duplicate_id")["image_id", "duplicate_id"].iter_rows())
    for name, kept in gone["image_id", "kept_id"].iter_rows():
        assert twins[name] == twins[kept]
    (siim / "ISIC_2020_Training_Duplicates.csv").unlink()
    with pytest.raises(MelError, match=r"drop_duplicates is set, and no list of duplicates is"):
        load(_settings(drop_duplicates=True), siim)


def test_the_real_copies_are_dropped(real_data: Path) -> None:
    found = load(_settings(drop_duplicates=True), real_data / "siim2020")
    assert found.table.train.height == 33_126 - 425
    assert found.table.test.height == 10_982


def test_copies_can_be_found_by_comparing(both: tuple[Path, Path], tmp_path: Path) -> None:
    """An external picture that is a copy of a test picture, under another name."""
    siim, ham = both
    victim = sorted((siim / "jpeg" / "test").iterdir())[5]
    shutil.copy(victim, ham / "images" / "ISIC_001.jpg")
    settings = _settings(
        {"adapter": "ham10000", "folder": str(ham)}, images="files", duplicates="find"
    )
    frame = load(settings, siim, tmp_path / "cache").table.frame
    twins = frame.filter(pl.col("image_id").is_in(["ISIC_001", victim.stem]))
    assert twins["duplicate_id"].n_unique() == 1
    assert twins["duplicate_id"].null_count() == 0
    assert (tmp_path / "cache").is_dir()


def test_copies_with_two_targets_are_noted(siim: Path) -> None:
    train = pl.read_csv(siim / "train.csv", infer_schema=False)
    pairs = [train.filter(target=target)["image_name"][0] for target in ("0", "1")]
    path = siim / "ISIC_2020_Training_Duplicates.csv"
    pl.DataFrame({"image_name_1": pairs[:1], "image_name_2": pairs[1:]}).write_csv(path)
    (note,) = load(_settings(), siim).notes
    assert note == f"copies with both targets: 1 group, such as that of {min(pairs)}"


def test_train_images_that_are_copies_of_test_images_are_noted(siim: Path) -> None:
    train, test = (
        pl.read_csv(siim / f"{split}.csv")["image_name"].min() for split in ("train", "test")
    )
    path = siim / "2020_Challenge_duplicates.csv"
    pl.DataFrame({"ISIC_id": [train], "ISIC_id_paired": [test]}).write_csv(path)
    (note,) = load(_settings(), siim).notes
    assert note.startswith(f"copies of test images that train: 1 image, such as {train}; ")
    dropped = load(_settings(drop_duplicates=True), siim)
    assert train in dropped.left_out["image_id"].to_list()
    assert not any("copies of test images" in note for note in dropped.notes)


def test_two_synthetic_sources_of_one_name_are_refused(siim: Path, tmp_path: Path) -> None:
    """Both would be called synthetic, and each would take the other's rows for its own."""
    shutil.copytree(siim, tmp_path / "more")
    columns = {"train": "train.csv", "image_id": "image_name", "target": "target"}
    other = {"adapter": "columns", "folder": "../more", "columns": columns}
    with pytest.raises(MelError, match=r"2 sources are called 'synthetic'; name them apart"):
        load(_settings(other), siim)
    assert load(_settings(other | {"source": "more", "missing_patient": "own"}), siim)


# digests


def test_the_digest_sees_every_source(both: tuple[Path, Path]) -> None:
    siim, ham = both
    settings = _settings({"adapter": "ham10000", "folder": str(ham)}, images="files")
    seen = {source_digest(settings, siim), source_digest(_settings(images="files"), siim)}
    metadata = ham / "HAM10000_metadata.csv"
    metadata.write_text(metadata.read_text().replace("scalp", "face", 1))
    seen.add(source_digest(settings, siim))
    (ham / "images" / "stray.jpg").write_bytes(b"x")
    seen.add(source_digest(settings, siim))
    assert len(seen) == 4
    assert load(settings, siim).table.inputs["data"] in seen
