"""Any competition by a map of its columns: what is not named is missing, what is wrong is said."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

from mel.config import DataSettings, Recipe
from mel.errors import MelError
from mel.kaggle import load

_RECIPE = """
name = "other"

[data]
adapter = "columns"
source = "clinic"
test_fraction = 0.25

[data.columns]
train = "meta.csv"
train_images = ["pictures"]
image_id = "file"
patient_id = "person"
target = "kind"
positive = ["Melanoma", "Melanoma in situ"]
diagnosis = "kind"
sex = "gender"
age = "years"
site = "where"
sexes = { "W" = "female" }
sites = { "Buttocks" = "torso" }
diagnoses = { "Clark" = "nevus" }

[[cnn.members]]
backbone = "efficientnetv2_micro"
size = 32
epochs = 1
"""


def _given(**more: Any) -> dict[str, Any]:
    return {
        "train": "meta.csv",
        "train_images": ["pictures"],
        "image_id": "file",
        "patient_id": "person",
        "target": "kind",
        "positive": ["Melanoma"],
        **more,
    }


def _settings(columns: dict[str, Any], **more: Any) -> DataSettings:
    return DataSettings.model_validate(
        {"adapter": "columns", "test_fraction": 0.25, "columns": columns, **more}
    )


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    """Give forty images of twenty people under names of its own, files with extensions."""
    folder = tmp_path / "clinic"
    (folder / "pictures").mkdir(parents=True)
    names = [f"pic{k:02}.PNG" for k in range(40)]
    for k, name in enumerate(names):
        Image.new("RGB", (6, 6), (k, k, k)).save(folder / "pictures" / name)
    kinds = ["Melanoma", "Melanoma in situ", "Clark", "Nevus", "Seborrheic Keratosis"]
    columns = {
        "file": names,
        "person": [f"{k // 2}" for k in range(40)],
        "kind": [kinds[k // 2 % 5] for k in range(40)],
        "gender": ["W", "m", "unknown", "X"] * 10,
        "years": ["41", "", "80", "7"] * 10,
        "where": ["Buttocks", "Back", "TRUNK ", "elbow"] * 10,
        "camera": ["a"] * 40,
    }
    pl.DataFrame(columns).write_csv(folder / "meta.csv")
    return folder


def test_a_recipe_maps_every_column(clinic: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    path.write_text(_RECIPE)
    found = load(Recipe.read(path).data, clinic)
    table = found.table
    assert table.name == "clinic"
    assert set(table.frame["source"]) == {"clinic"}
    rows = table.frame.join(pl.read_csv(clinic / "meta.csv"), left_on="image_id", right_on="file")
    assert rows.height == 40
    assert rows["patient_id"].to_list() == rows["person"].cast(pl.String).to_list()
    train = rows.filter(split="train")
    positive = train["kind"].is_in(["Melanoma", "Melanoma in situ"]).cast(pl.Int8)
    assert train["target"].to_list() == positive.to_list()
    assert set(train.filter(kind="Clark")["diagnosis"]) == {"nevus"}
    assert set(train.filter(kind="Seborrheic Keratosis")["diagnosis"]) == {"benign keratosis"}
    words = dict(rows.select("gender", "sex").unique().iter_rows())
    assert words == {"W": "female", "m": "male", "unknown": None, "X": None}
    places = dict(rows.select("where", "site").unique().iter_rows())
    assert places == {"Buttocks": "torso", "Back": "torso", "TRUNK ": "torso", "elbow": None}
    assert found.unmapped.rows() == [
        ("gender", "X", 10, "clinic"),
        ("where", "elbow", 10, "clinic"),
    ]
    assert found.sample.columns == ["file", "kind"]


def test_files_are_found_by_the_name_before_the_extension(clinic: Path) -> None:
    frame = load(_settings(_given()), clinic).table.frame
    assert all(Path(path).name == name for name, path in frame["image_id", "path"].iter_rows())


def test_what_is_not_named_is_missing_in_every_row(clinic: Path) -> None:
    frame = load(_settings(_given()), clinic).table.frame
    assert [frame[name].null_count() for name in ("sex", "age", "site")] == [40, 40, 40]
    assert not {"diagnosis", "lesion_id", "camera"} & set(frame.columns)


def test_without_patients_each_image_must_be_asked_to_be_its_own(clinic: Path) -> None:
    columns = {k: v for k, v in _given().items() if k != "patient_id"}
    with pytest.raises(MelError, match=r"meta.csv: no column says who the patients are, .*'own'"):
        load(_settings(columns), clinic)
    frame = load(_settings(columns, missing_patient="own"), clinic).table.frame
    assert frame["patient_id"].to_list() == ["own-" + name for name in frame["image_id"]]


def test_a_test_table_and_a_sample_of_its_own_header(clinic: Path) -> None:
    rows = pl.read_csv(clinic / "meta.csv", infer_schema=False)
    tested = rows["person"].cast(pl.Int64) >= 15
    rows.filter(~tested).write_csv(clinic / "meta.csv")
    test = rows.filter(tested).drop("kind")
    test.write_csv(clinic / "test.csv")
    test.select(id="file", p=pl.lit(0.5)).reverse().write_csv(clinic / "sample.csv")
    columns = _given(test="test.csv", sample="sample.csv", sex="gender", diagnosis="kind")
    settings = _settings(columns, test_fraction=0.0)
    found = load(settings, clinic)
    assert (found.table.train.height, found.table.test.height) == (30, 10)
    assert found.table.test["target"].null_count() == 10
    assert found.sample.columns == ["id", "p"]
    assert found.sample["id"].to_list() == test["file"].reverse().to_list()
    assert found.solution is None
    missing = _settings(_given(test="test.csv", sample="sampel.csv"), test_fraction=0.0)
    with pytest.raises(MelError, match=r"sampel.csv: no such file; check the data folder"):
        load(missing, clinic)


def test_an_id_may_name_the_folder_of_its_file(clinic: Path) -> None:
    """As those of derm7pt do: NEL/Nel026.jpg."""
    (clinic / "pictures" / "NEL").mkdir()
    for path in clinic.glob("pictures/*.PNG"):
        path.rename(path.parent / "NEL" / path.name)
    rows = pl.read_csv(clinic / "meta.csv", infer_schema=False)
    rows.with_columns(file="NEL/" + pl.col("file")).write_csv(clinic / "meta.csv")
    found = load(_settings(_given()), clinic)
    names = found.table.frame["image_id", "path"].iter_rows()
    assert all(path == str(clinic / "pictures" / name) for name, path in names)
    assert found.notes == ()


def test_a_numeric_target_needs_no_words(clinic: Path) -> None:
    rows = pl.read_csv(clinic / "meta.csv")
    rows.with_columns(bad=pl.col("person") % 2).write_csv(clinic / "meta.csv")
    found = load(_settings(_given(target="bad", positive=[])), clinic)
    assert found.solution is not None
    assert found.table.train["target"].sum() + found.solution["target"].sum() == 20
    with pytest.raises(MelError, match=r"kind 'Melanoma' of image pic00.PNG .*must be 0 or 1"):
        load(_settings(_given(positive=[])), clinic)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"target": "kin"}, r"meta.csv: no column 'kin'; did you mean 'kind'\?"),
        ({"train": "metadata.csv"}, r"metadata.csv: no such file; check the data folder"),
        ({"test": "test.csv"}, None),
        ({"positive": ["melanom"]}, r"no row has the positive kind 'melanom'; did you mean 'Mel"),
        (
            {"site": "where", "sites": {"elbow": "arm"}},
            r"data.columns: 'elbow' cannot be the site 'arm'; known: ",
        ),
        (
            {"sex": "gender", "sexes": {"X": "femal"}},
            r"'X' cannot be the sex 'femal'; did you mean 'female' or",
        ),
        ({"train_images": ["pics"]}, r"no image file pic00.jpg \(40 of 40 missing\)"),
        ({"image_id": "gender"}, r"meta.csv: gender '.' stands 10 times"),
        ({"age": "where"}, r"meta.csv: where 'Buttocks' of image pic00.PNG .* is no number"),
    ],
)
def test_a_faulty_map_is_refused_in_one_line(clinic: Path, columns, message) -> None:
    settings = _settings(_given(**columns))
    if message is None:
        assert load(settings, clinic).table.test.height > 0  # held out: the own test is not read
        return
    with pytest.raises(MelError, match=message) as caught:
        load(settings, clinic)
    assert "\n" not in str(caught.value)


def test_the_pictures_may_lie_in_the_data_folder_itself(clinic: Path) -> None:
    for path in (clinic / "pictures").iterdir():
        path.rename(clinic / path.name)
    frame = load(_settings(_given(train_images=[])), clinic).table.frame
    assert all(Path(path).is_file() for path in frame["path"])
