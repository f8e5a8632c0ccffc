"""ISIC 2019: one-hot rows become a diagnosis and a target, lesions become patients."""

from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from mel.config import DataSettings
from mel.errors import MelError
from mel.kaggle import load
from mel.tables import SEXES, SITES

_KINDS = ("MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC", "UNK")
_WORDS = (
    "melanoma",
    "nevus",
    "basal cell carcinoma",
    "actinic keratosis",
    "benign keratosis",
    "dermatofibroma",
    "vascular lesion",
    "squamous cell carcinoma",
    None,
)
_TRUTH = "ISIC_2019_Training_GroundTruth.csv"
_METADATA = "ISIC_2019_Training_Metadata.csv"


def _settings(**more: object) -> DataSettings:
    return DataSettings.model_validate(
        {"adapter": "isic2019", "images": "none", "missing_patient": "own", **more}
    )


def _truth(names: list[str]) -> pl.DataFrame:
    rows = {kind: [float(k % 9 == j) for k in range(len(names))] for j, kind in enumerate(_KINDS)}
    return pl.DataFrame({"image": names, **rows})


@pytest.fixture
def isic(tmp_path: Path) -> Path:
    """Give 90 images in the layout of ISIC 2019: ten of each kind, a third without a lesion."""
    folder = tmp_path / "isic2019"
    (folder / "ISIC_2019_Training_Input").mkdir(parents=True)
    names = [f"ISIC_{k:07}" for k in range(90)]
    for name in names:
        Image.new("RGB", (4, 4)).save(folder / "ISIC_2019_Training_Input" / f"{name}.jpg")
    _truth(names).write_csv(folder / _TRUTH)
    metadata = {
        "image": names,
        "age_approx": [str(k % 90) if k % 7 else None for k in range(90)],
        "anatom_site_general": ["anterior torso", "lateral torso", None] * 30,
        "lesion_id": [None if k % 3 == 0 else f"BCN_{k // 2:03}" for k in range(90)],
        "sex": ["female", "male"] * 45,
    }
    pl.DataFrame(metadata).write_csv(folder / _METADATA)
    return folder


@pytest.fixture
def tested(isic: Path) -> Path:
    """Give the same with a test set of nine images, one of each kind."""
    names = [f"ISIC_1{k:06}" for k in range(9)]
    metadata = {
        "image": names,
        "age_approx": ["50"] * 9,
        "anatom_site_general": ["posterior torso"] * 9,
        "sex": ["male"] * 9,
    }
    pl.DataFrame(metadata).write_csv(isic / "ISIC_2019_Test_Metadata.csv")
    weights = {"score_weight": [1.0] * 9, "validation_weight": [0.0] * 9}
    truth = _truth(names).with_columns(**{k: pl.Series(v) for k, v in weights.items()})
    truth.write_csv(isic / "ISIC_2019_Test_GroundTruth.csv")
    return isic


def test_the_real_tables_load(real_data: Path) -> None:
    found = load(_settings(test_fraction=0.2), real_data / "isic2019")
    frame = found.table.frame
    assert found.solution is not None
    assert frame.height == 25_331
    assert frame["target"].sum() + found.solution["target"].sum() == 4_522
    assert frame["lesion_id"].null_count() == 2_084
    assert frame["patient_id"].str.starts_with("own-").sum() == 2_084
    assert frame["lesion_id"].n_unique() - 1 == 11_847
    assert set(frame["site"].drop_nulls()) == set(SITES)
    assert set(frame["sex"].drop_nulls()) == set(SEXES)
    assert [frame[name].null_count() for name in ("sex", "age", "site")] == [384, 437, 2_631]
    assert found.unmapped.height == 0


def test_the_real_diagnoses_have_their_published_counts(real_data: Path) -> None:
    settings = _settings(test_fraction=0.2)
    frame = load(settings, real_data / "isic2019").table.frame
    counts = dict(frame["diagnosis"].drop_nulls().value_counts().iter_rows())
    truth = pl.read_csv(real_data / "isic2019" / _TRUTH)
    train = truth.join(
        frame.filter(split="train"), left_on="image", right_on="image_id", how="semi"
    )
    expected = {word: train[kind].sum() for kind, word in zip(_KINDS, _WORDS, strict=True)}
    assert expected.pop(None) == 0
    assert counts == expected


def test_each_of_the_nine_kinds_has_its_word(tested: Path) -> None:
    found = load(_settings(), tested)
    train = found.table.train.sort("image_id")
    assert train["diagnosis"].to_list() == list(_WORDS) * 10
    assert train["target"].to_list() == [int(k % 9 == 0) for k in range(90)]
    assert found.table.test["diagnosis"].null_count() == 9
    assert found.solution is not None
    assert found.solution["target"].to_list() == [1] + [0] * 8
    assert found.sample.columns == ["image", "target"]


def test_a_target_may_be_other_diagnoses(tested: Path) -> None:
    malignant = ["melanoma", "basal cell carcinoma", "squamous cell carcinoma"]
    found = load(_settings(positive_diagnoses=malignant), tested)
    train = found.table.train.sort("image_id")
    assert train["target"].to_list() == [int(word in malignant) for word in _WORDS] * 10
    assert found.solution is not None
    assert found.solution["target"].sum() == 3
    with pytest.raises(MelError, match=r"no diagnosis 'melanom'; did you mean 'melanoma'\?"):
        load(_settings(positive_diagnoses=["melanom"]), tested)


def test_an_image_without_a_lesion_is_refused_or_its_own(isic: Path) -> None:
    with pytest.raises(MelError, match=r"30 rows without lesion_id \(first: .*_0000000\); .*'own'"):
        load(_settings(missing_patient="refuse", test_fraction=0.2), isic)
    frame = load(_settings(test_fraction=0.3), isic).table.frame
    own = frame.filter(pl.col("lesion_id").is_null())
    assert own["patient_id"].to_list() == ["own-" + name for name in own["image_id"]]


def test_lesions_are_held_out_whole_and_the_own_test_set_left_aside(tested: Path) -> None:
    found = load(_settings(test_fraction=0.3), tested)
    frame = found.table.frame
    assert frame.height == 90
    sides = frame.group_by("patient_id").agg(pl.col("split").n_unique())
    assert set(sides["split"]) == {1}
    (tested / "ISIC_2019_Test_Metadata.csv").unlink()
    with pytest.raises(MelError, match=r"test_fraction 0: isic2019 brings no test set; hold some"):
        load(_settings(), tested)


def test_pictures_lie_in_the_challenges_folders(tested: Path) -> None:
    settings = _settings(images="files")
    with pytest.raises(MelError, match=r"no image file ISIC_1000000.jpg \(9 of 9 missing\)"):
        load(settings, tested)
    (tested / "ISIC_2019_Test_Input").mkdir()
    for k in range(9):
        Image.new("RGB", (4, 4)).save(tested / "ISIC_2019_Test_Input" / f"ISIC_1{k:06}.jpg")
    frame = load(settings, tested).table.frame
    assert all(Path(path).stem == name for name, path in frame["image_id", "path"].iter_rows())


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("NV", "1.0", r"image ISIC_0000000 has MEL 1.0, NV 1.0 \(1 such row\); each needs"),
        ("MEL", "0.0", r"image ISIC_0000000 has no diagnosis \(1 such row\); each needs a single"),
        ("MEL", "0.5", r"image ISIC_0000000 has MEL 0.5 \(1 such row\)"),
        ("MEL", "yes", r"image ISIC_0000000 has MEL yes \(1 such row\)"),
        ("SCC", "nan", r"image ISIC_0000000 has MEL 1.0, SCC nan \(1 such row\)"),
        ("image", "ISIC_X", r"image 'ISIC_0000000' is in .*Metadata.csv alone \(2 such ids\)"),
    ],
)
def test_a_row_that_is_not_one_hot_is_refused(isic: Path, column, value, message) -> None:
    truth = pl.read_csv(isic / _TRUTH, infer_schema=False)
    first = pl.int_range(pl.len()) == 0
    changed = pl.when(first).then(pl.lit(value)).otherwise(pl.col(column))
    truth.with_columns(changed.alias(column)).write_csv(isic / _TRUTH)
    with pytest.raises(MelError, match=f"GroundTruth.csv: {message}") as caught:
        load(_settings(test_fraction=0.2), isic)
    assert "\n" not in str(caught.value)


def test_the_order_of_the_rows_is_of_no_account(tested: Path) -> None:
    settings = _settings(test_fraction=0.3)
    before = load(settings, tested)
    for name in (_TRUTH, _METADATA):
        frame = pl.read_csv(tested / name, infer_schema=False)
        frame.sample(fraction=1, shuffle=True, seed=2).write_csv(tested / name)
    after = load(settings, tested)
    assert after.table.frame.equals(before.table.frame)
    assert after.sample.equals(before.sample)
