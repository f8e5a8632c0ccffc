"""ISIC 2024: metadata of many columns and pictures in one HDF5 file, or in a folder."""

import io
from pathlib import Path

import h5py
import numpy as np
import polars as pl
import pytest
from PIL import Image

from mel.config import DataSettings
from mel.errors import MelError
from mel.images import decode
from mel.kaggle import load

_MELANOMA = "Malignant::Malignant melanocytic proliferations (Melanoma)"
_PATHS = [
    "Benign",
    "Benign::Benign melanocytic proliferations::Nevus::Nevus, Atypical, Dysplastic, or Clark",
    f"{_MELANOMA}::Melanoma in situ::Melanoma in situ, Lentigo maligna type",
    "Malignant::Malignant epidermal proliferations::Squamous cell carcinoma in situ",
    "Benign::Benign soft tissue proliferations - Fibro-histiocytic::Scar",
    "Indeterminate::Indeterminate epidermal proliferations::Solar or actinic keratosis",
]
_WORDS = [None, "nevus", "melanoma", "squamous cell carcinoma", None, "actinic keratosis"]
_COUNT = 36


def _settings(**more: object) -> DataSettings:
    return DataSettings.model_validate({"adapter": "isic2024", **more})


def _picture(shade: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, 0, 0)).save(file, "JPEG")
    return file.getvalue()


def _store(path: Path, pictures: dict[str, bytes]) -> None:
    with h5py.File(path, "w") as file:
        for name, content in pictures.items():
            file[name] = np.void(content)


def _columns(names: list[str]) -> dict[str, list[object]]:
    count = len(names)
    return {
        "isic_id": names,
        "patient_id": [f"IP_{k // 3:04}" for k in range(count)],
        "age_approx": ["45.0", "NA", None] * (count // 3),
        "sex": ["male", "female", None] * (count // 3),
        "anatom_site_general": ["posterior torso", "head/neck", None] * (count // 3),
        "clin_size_long_diam_mm": [3.04] * count,
        "image_type": ["TBP tile: close-up"] * count,
        "tbp_tile_type": ["3D: white"] * count,
        "tbp_lv_A": [20.2] * count,
        "tbp_lv_symm_2axis_angle": [90] * count,
        "attribution": ["somewhere"] * count,
        "copyright_license": ["CC-0"] * count,
    }


@pytest.fixture
def isic(tmp_path: Path) -> Path:
    """Give 36 train images of twelve patients and three test images, as Kaggle lays them out."""
    folder = tmp_path / "isic2024"
    folder.mkdir()
    names = [f"ISIC_{k:07}" for k in range(_COUNT)]
    more = {
        "target": [int(k % 6 in (2, 3)) for k in range(_COUNT)],
        "lesion_id": [f"IL_{k:07}" if k % 6 else None for k in range(_COUNT)],
        "iddx_full": [_PATHS[k % 6] for k in range(_COUNT)],
        "iddx_1": [_PATHS[k % 6].partition("::")[0] for k in range(_COUNT)],
        "mel_mitotic_index": ["<1/mm^2"] * _COUNT,
        "mel_thick_mm": [0.4] * _COUNT,
        "tbp_lv_dnn_lesion_confidence": [97.5] * _COUNT,
    }
    pl.DataFrame(_columns(names) | more).write_csv(folder / "train-metadata.csv")
    _store(folder / "train-image.hdf5", {name: _picture(9 * k) for k, name in enumerate(names)})
    tested = ["ISIC_0015657", "ISIC_0015729", "ISIC_0015740"]
    columns = _columns(tested) | {"patient_id": ["IP_6074337", "IP_1664139", "IP_7142616"]}
    pl.DataFrame(columns).write_csv(folder / "test-metadata.csv")
    _store(folder / "test-image.hdf5", dict.fromkeys(tested, _picture(0)))
    sample = pl.DataFrame({"isic_id": tested, "target": [0.3] * 3})
    sample.write_csv(folder / "sample_submission.csv")
    return folder


def test_pictures_come_from_the_container(isic: Path) -> None:
    found = load(_settings(), isic)
    table = found.table
    assert (table.train.height, table.test.height, table.train["target"].sum()) == (36, 3, 12)
    for name, path, size in table.frame["image_id", "path", "file_bytes"].iter_rows():
        split = "test" if name in set(table.test["image_id"]) else "train"
        assert path == f"{isic.resolve() / split}-image.hdf5#{name}"
        assert size > 100
    first = table.train.filter(image_id="ISIC_0000020")
    assert abs(int(decode(first["path"][0], 8)[4, 4, 0]) - 180) < 4
    assert found.sample.rows()[0] == ("ISIC_0015657", 0.3)


def test_pictures_may_lie_in_folders_instead(isic: Path) -> None:
    before = load(_settings(), isic).table.frame
    for split in ("train", "test"):
        folder = isic / f"{split}-image" / "image"
        folder.mkdir(parents=True)
        for name, path in before.filter(split=split)["image_id", "path"].iter_rows():
            with h5py.File(path.partition("#")[0]) as file:
                (folder / f"{name}.jpg").write_bytes(bytes(file[name][()]))
        (isic / f"{split}-image.hdf5").unlink()
    after = load(_settings(), isic).table.frame
    assert after.drop("path").equals(before.drop("path"))


def test_the_deepest_known_part_of_a_path_is_the_diagnosis(isic: Path) -> None:
    found = load(_settings(images="none"), isic)
    train = found.table.train.sort("image_id")
    assert train["diagnosis"].to_list() == _WORDS * 6
    assert found.unmapped.rows() == [("iddx_full", _PATHS[4], 6, "isic2024")]
    assert set(train["site"].drop_nulls()) == {"torso", "head/neck"}
    assert train["age"].drop_nulls().unique().to_list() == [45.0]


def test_no_measurement_and_no_later_diagnosis_is_taken_along(isic: Path) -> None:
    frame = load(_settings(images="none"), isic).table.frame
    assert not [name for name in frame.columns if name.startswith(("tbp", "iddx", "mel", "clin"))]
    assert {"lesion_id", "diagnosis"} <= set(frame.columns)


def test_the_target_may_be_melanoma_alone(isic: Path) -> None:
    train = load(_settings(images="none", positive_diagnoses=["melanoma"]), isic).table.train
    assert train["target"].sum() == 6
    assert set(train.filter(target=1)["diagnosis"]) == {"melanoma"}
    path = isic / "train-metadata.csv"
    path.write_text(path.read_text().replace(_PATHS[3], "Malignant"))
    message = r"image ISIC_0000003 has target 1 and no diagnosis of the vocabulary \(6 rows\)"
    with pytest.raises(MelError, match=message):
        load(_settings(images="none", positive_diagnoses=["melanoma"]), isic)


def test_patients_may_be_held_out_instead_of_the_three_test_images(isic: Path) -> None:
    found = load(_settings(test_fraction=0.25), isic)
    frame = found.table.frame
    assert frame.height == 36
    assert set(frame.group_by("patient_id").agg(pl.col("split").n_unique())["split"]) == {1}
    assert found.sample.columns == ["isic_id", "target"]
    for name in ("test-metadata.csv", "test-image.hdf5"):
        (isic / name).unlink()
    assert load(_settings(test_fraction=0.25), isic).table.frame.equals(frame)
    with pytest.raises(MelError, match=r"test_fraction 0: isic2024 brings no test set"):
        load(_settings(), isic)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("isic_id", "id", r"no column 'isic_id'"),
        ("attribution", "target_2", r"unknown column 'target_2'; remove it"),
        ("IP_0003", "", r"3 rows without patient_id \(first: image ISIC_0000009\)"),
    ],
)
def test_faulty_metadata_are_refused_in_one_line(isic: Path, old, new, message) -> None:
    path = isic / "train-metadata.csv"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(MelError, match=f"train-metadata.csv: {message}") as caught:
        load(_settings(), isic)
    assert "\n" not in str(caught.value)


def test_a_picture_that_the_container_lacks_is_refused(isic: Path) -> None:
    with h5py.File(isic / "train-image.hdf5", "a") as file:
        del file["ISIC_0000007"]
    with pytest.raises(MelError, match=r"no picture 'ISIC_0000007' \(1 of 36 missing\) in train-"):
        load(_settings(), isic)
