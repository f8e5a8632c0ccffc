"""ImageTable and Folds refuse every frame that could mislead, and name what is wrong."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mel.checks import cast_columns, require_columns, require_unique
from mel.errors import MelError
from mel.files import read_table, write_table
from mel.tables import SITES, Folds, ImageTable, as_table

FRAME = pl.DataFrame(
    {
        "image_id": ["d", "a", "b", "c"],
        "patient_id": ["p3", "p1", "p1", "p2"],
        "target": [None, 0, 1, 0],
        "split": ["test", "train", "train", "train"],
        "path": ["d.jpg", "a.jpg", "b.jpg", "c.jpg"],
        "sex": ["male", "female", None, "male"],
        "age": [45.0, None, 0.0, 120.0],
        "site": ["torso", None, "palms/soles", "head/neck"],
        "source": ["synthetic"] * 4,
        "lesion_id": ["l3", "l1", "l1", "l2"],
    }
)
FOLDS = pl.DataFrame({"image_id": ["a", "b", "c"], "fold": [0, 0, 1]})


def table(frame: pl.DataFrame = FRAME) -> ImageTable:
    return ImageTable.of(frame, "toy", inputs={"data": "00ff"})


def changed(
    column: str, values: list[object], dtype: type[pl.DataType] | None = None
) -> ImageTable:
    return table(FRAME.with_columns(pl.Series(column, values, dtype=dtype, strict=False)))


def refused(message: str, column: str, values: list[object]) -> None:
    with pytest.raises(MelError, match=message) as caught:
        changed(column, values)
    assert str(caught.value).startswith("toy: ")
    assert "\n" not in str(caught.value)


# ImageTable


def test_rows_are_sorted_by_id_and_extras_stand_last() -> None:
    found = table(FRAME.select(sorted(FRAME.columns, reverse=True)))
    assert found.frame["image_id"].to_list() == ["a", "b", "c", "d"]
    assert found.frame.columns[0] == "image_id"
    assert found.frame.columns[-1] == "lesion_id"
    assert found.frame.equals(table().frame)


def test_train_and_test_share_no_row_and_lose_none() -> None:
    found = table()
    assert found.train["image_id"].to_list() == ["a", "b", "c"]
    assert found.test["image_id"].to_list() == ["d"]
    assert found.test["target"].to_list() == [None]


@given(st.permutations(range(4)))
def test_the_digest_ignores_the_order_of_rows(order: list[int]) -> None:
    assert table(FRAME[order]).digest == table().digest


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("image_id", ["d", "a", "b", "e"]),
        ("patient_id", ["p3", "p1", "p1", "p4"]),
        ("target", [None, 0, 1, 1]),
        ("split", ["test", "train", "train", "test"]),
        ("sex", ["male", "female", None, None]),
        ("age", [45.0, None, None, 120.0]),
        ("site", ["torso", None, None, "head/neck"]),
        ("lesion_id", ["l3", "l1", "l1", None]),
    ],
)
def test_the_digest_changes_with_any_column(column: str, values: list[object]) -> None:
    frame = FRAME.with_columns(pl.Series(column, values))
    if column == "split":
        frame = frame.with_columns(target=pl.when(pl.col("split") == "train").then("target"))
    assert table(frame).digest != table().digest


@pytest.mark.parametrize("column", FRAME.columns[:-1])
def test_a_missing_column_is_named(column: str) -> None:
    with pytest.raises(MelError, match=f"toy: no column '{column}'"):
        table(FRAME.drop(column))


def test_a_misspelt_column_is_offered_its_near_match() -> None:
    with pytest.raises(MelError, match="no column 'site'; did you mean 'sites'"):
        table(FRAME.rename({"site": "sites"}))


def test_a_duplicate_id_is_refused_with_its_count() -> None:
    refused(r"image_id 'a' stands 3 times \(1 such id\)", "image_id", ["a", "a", "b", "a"])


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_row_without_an_id_is_refused(nothing: str | None) -> None:
    refused("1 row without image_id", "image_id", ["d", "a", "b", nothing])


@pytest.mark.parametrize("nothing", [None, "", " ", "unknown", "NaN", "None", "NA", "n/a", "NULL"])
def test_a_missing_patient_is_refused_and_never_becomes_one_giant_patient(
    nothing: str | None,
) -> None:
    refused(
        r"2 rows without patient_id \(first: image a\).*missing_patient = 'own'",
        "patient_id",
        ["p3", nothing, nothing, "p2"],
    )


@pytest.mark.parametrize("column", ["split", "path", "source"])
def test_a_missing_value_that_is_needed_is_refused(column: str) -> None:
    refused(f"1 row without {column}", column, [*FRAME[column].to_list()[:3], None])


@pytest.mark.parametrize("column", ["image_id", "patient_id", "lesion_id"])
def test_an_id_with_a_control_character_is_refused(column: str) -> None:
    values = [*FRAME[column].to_list()[:3], "c\0"]
    refused(rf"{column} 'c\\x00' holds a control character \(1 row\)", column, values)


@pytest.mark.parametrize("target", [2, -1, None])
def test_a_train_target_that_is_not_0_or_1_is_refused(target: int | None) -> None:
    refused(rf"target {target} of train image c .*must be 0 or 1", "target", [None, 0, 1, target])


def test_a_fractional_target_is_refused_and_not_cut_down() -> None:
    refused("target holds 0.7; it must be a whole number", "target", [None, 0.0, 1.0, 0.7])


@pytest.mark.parametrize("target", ["x", "0.5", 1000, float("nan")])
def test_a_target_of_another_type_is_refused(target: object) -> None:
    refused("column 'target' has the wrong type", "target", [None, target, target, target])


@pytest.mark.parametrize("values", [[None, "0", "1", "0"], [None, 0.0, 1.0, 0.0]])
def test_a_target_from_a_csv_is_taken_whatever_its_type(values: list[object]) -> None:
    assert changed("target", values).digest == table().digest


def test_a_test_target_is_refused() -> None:
    refused("test image d has a target .*solution.parquet", "target", [1, 0, 1, 0])


@pytest.mark.parametrize("age", [-1.0, 120.5, float("nan"), float("inf")])
def test_an_impossible_age_is_refused(age: float) -> None:
    refused(rf"age {age} of image c \(1 row\)", "age", [45.0, None, 0.0, age])


def test_an_age_that_is_no_number_is_refused() -> None:
    refused("column 'age' has the wrong type", "age", ["45", None, "0", "old"])


@pytest.mark.parametrize(
    ("column", "value", "advice"),
    [
        ("sex", "Male", r"did you mean 'male' or 'female'\? \(or leave it empty\)"),
        ("sex", "unknown", r"known: female, male \(or leave it empty\)"),
        ("site", "the torso", "did you mean 'torso'"),
        ("site", "", "known: head/neck"),
        ("split", "valid", "known: external, test, train"),
    ],
)
def test_an_unknown_value_is_refused_with_its_image(column: str, value: str, advice: str) -> None:
    values = [*FRAME[column].to_list()[:3], value]
    refused(rf"unknown {column} '{value}' \(image c, 1 row\); {advice}", column, values)


def test_every_known_site_is_taken() -> None:
    for site in SITES:
        assert site in changed("site", [site] * 4).frame["site"].to_list()


def test_a_patient_in_train_and_test_is_refused() -> None:
    refused(r"patient 'p1' has images in train and in test", "patient_id", ["p1", "p1", "p1", "p2"])


def test_columns_that_are_all_missing_are_taken() -> None:
    nothing = {name: pl.Series(name, [None] * 4) for name in ("sex", "age", "site")}
    found = table(FRAME.with_columns(**nothing)).frame
    assert found["age"].dtype == pl.Float64
    assert found["sex"].null_count() == 4


def test_a_table_comes_back_as_it_went(tmp_path: Path) -> None:
    one = ImageTable.of(FRAME, "toy", synthetic=True, inputs={"data": "00ff"})
    one.write(tmp_path / "images.parquet")
    two = ImageTable.read(tmp_path / "images.parquet")
    assert two.frame.equals(one.frame)
    assert (two.name, two.synthetic, two.inputs) == ("toy", True, {"data": "00ff"})
    assert two.digest == one.digest


def test_a_moved_data_folder_leaves_the_digest_alone() -> None:
    assert changed("path", ["x/d.jpg", "x/a.jpg", "x/b.jpg", "x/c.jpg"]).digest == table().digest


@pytest.mark.parametrize("column", ["sex", "path", "lesion_id"])
def test_a_table_changed_by_hand_is_refused(tmp_path: Path, column: str) -> None:
    path = tmp_path / "images.parquet"
    table().write(path)
    frame, header = read_table(path, "images")
    write_table(path, frame.with_columns(pl.lit("male").alias(column)), header)
    with pytest.raises(MelError, match=r"images\.parquet: .* changed after it was written"):
        ImageTable.read(path)


def test_folds_are_no_image_table(tmp_path: Path) -> None:
    Folds.of(FOLDS, seed=0, method="x").write(tmp_path / "folds.parquet")
    with pytest.raises(MelError, match="holds 'folds', expected 'images'"):
        ImageTable.read(tmp_path / "folds.parquet")


def test_paths_may_be_text_and_a_frame_is_a_table(tmp_path: Path) -> None:
    table().write(str(tmp_path / "images.parquet"))
    found = ImageTable.read(str(tmp_path / "images.parquet"))
    assert as_table(found) is found
    assert as_table(FRAME).digest == found.digest
    with pytest.raises(MelError, match="images: no column 'target'"):
        as_table(FRAME.drop("target"))
    Folds.of(FOLDS, seed=0, method="x").write(str(tmp_path / "folds.parquet"))
    assert Folds.read(str(tmp_path / "folds.parquet")).frame.equals(FOLDS.cast({"fold": pl.Int16}))


@pytest.mark.parametrize("kind", ["images", "folds"])
def test_a_header_without_what_the_kind_needs_is_one_line(tmp_path: Path, kind: str) -> None:
    write_table(tmp_path / "t.parquet", FRAME, {"kind": kind})
    reader = ImageTable if kind == "images" else Folds
    with pytest.raises(MelError, match=r"t\.parquet: (has no '|'seed' is null)") as caught:
        reader.read(tmp_path / "t.parquet")
    assert "\n" not in str(caught.value)


# Folds


def test_folds_are_counted_and_sorted() -> None:
    found = Folds.of(FOLDS[[2, 0, 1]], seed=3, method="toy")
    assert found.n_folds == 2
    assert found.frame["image_id"].to_list() == ["a", "b", "c"]


@given(st.permutations(range(3)))
def test_the_folds_digest_ignores_the_order_of_rows(order: list[int]) -> None:
    one = Folds.of(FOLDS, seed=0, method="x")
    assert Folds.of(FOLDS[order], seed=0, method="x").digest == one.digest


def test_the_folds_digest_changes_with_one_image() -> None:
    one = Folds.of(FOLDS, seed=0, method="x")
    moved = FOLDS.with_columns(fold=pl.Series([0, 1, 1]))
    assert Folds.of(moved, seed=0, method="x").digest != one.digest


@pytest.mark.parametrize(
    ("fold", "message"),
    [
        ([0, 0, 0], "at least two"),
        ([1, 1, 2], r"must be 0, 1"),
        ([0, 0, 2], r"must be 0, 1"),
        ([-1, 0, 1], r"must be 0, 1"),
        ([0, 1, None], r"must be 0, 1"),
        ([0.0, 1.0, 1.5], "fold holds 1.5"),
        (["x", "y", "z"], "wrong type"),
        ([0, 1, 70_000], "wrong type"),
    ],
)
def test_fold_numbers_with_a_gap_or_none_are_refused(fold: list[object], message: str) -> None:
    with pytest.raises(MelError, match=message) as caught:
        Folds.of(FOLDS.with_columns(pl.Series("fold", fold)), seed=0, method="x")
    assert "\n" not in str(caught.value)


def test_folds_with_an_image_twice_are_refused() -> None:
    with pytest.raises(MelError, match="image_id 'a' stands 2 times"):
        Folds.of(pl.concat([FOLDS, FOLDS[:1]]), seed=0, method="x")


def test_folds_come_back_as_they_went(tmp_path: Path) -> None:
    one = Folds.of(FOLDS, seed=7, method="toy", inputs={"images": "00ff"})
    one.write(tmp_path / "folds.parquet")
    two = Folds.read(tmp_path / "folds.parquet")
    assert two.frame.equals(one.frame)
    assert (two.seed, two.method, two.inputs) == (7, "toy", {"images": "00ff"})


def test_folds_changed_by_hand_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "folds.parquet"
    Folds.of(FOLDS, seed=7, method="toy").write(path)
    _, header = read_table(path, "folds")
    write_table(path, FOLDS.with_columns(fold=pl.Series([1, 0, 1])), header)
    with pytest.raises(MelError, match=r"folds\.parquet: .* changed after it was written"):
        Folds.read(path)


def test_folds_match_exactly_the_train_images() -> None:
    Folds.of(FOLDS, seed=0, method="x").matches(table())


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["a", "b"], "'c' is in no fold"),
        (["a", "b", "c", "d"], "'d' is in the folds but not the train images"),
    ],
)
def test_folds_of_other_images_are_refused(ids: list[str], message: str) -> None:
    frame = pl.DataFrame({"image_id": ids, "fold": [k % 2 for k in range(len(ids))]})
    with pytest.raises(MelError, match=message):
        Folds.of(frame, seed=0, method="x").matches(table())


LEAKY = pl.DataFrame({"image_id": ["a", "b", "c"], "fold": [0, 1, 1]})


@pytest.mark.parametrize("column", ["patient_id", "lesion_id", "duplicate_id"])
def test_folds_that_part_a_patient_a_lesion_or_copies_are_refused(column: str) -> None:
    own = {name: pl.col("image_id") for name in ("patient_id", "lesion_id", "duplicate_id")}
    same = pl.when(pl.col("image_id").is_in(["a", "b"])).then(pl.lit("x")).otherwise("image_id")
    linked = table(FRAME.with_columns(**(own | {column: same})))
    folds = Folds.of(LEAKY, seed=0, method="x")
    folds.covers(linked)
    kind = column.removesuffix("_id")
    message = rf"{kind} 'x' has images in folds 0, 1 \(1 such {kind}s\).*build the folds again"
    with pytest.raises(MelError, match=message) as caught:
        folds.matches(linked)
    assert "\n" not in str(caught.value)
    Folds.of(FOLDS, seed=0, method="x").matches(linked)


@pytest.mark.parametrize("nothing", [None, "", "unknown", "NaN"])
def test_missing_lesions_are_not_one_lesion(nothing: str | None) -> None:
    own = FRAME.with_columns(patient_id="image_id", lesion_id=pl.lit(nothing))
    Folds.of(LEAKY, seed=0, method="x").matches(table(own))


# the small checks


def test_required_columns_open_with_the_place() -> None:
    require_columns(FOLDS, ["fold"], "here")
    with pytest.raises(MelError, match=r"^here: no column 'x'"):
        require_columns(FOLDS, ["fold", "x"], "here")


def test_uniqueness_holds_for_any_column() -> None:
    require_unique(FOLDS, "here")
    with pytest.raises(MelError, match="here: fold 0 stands 2 times"):
        require_unique(FOLDS, "here", by="fold")


@given(st.lists(st.integers(-100, 100) | st.none(), min_size=1))
def test_whole_numbers_survive_a_cast_from_floats(values: list[int | None]) -> None:
    frame = pl.DataFrame({"x": values}, schema={"x": pl.Int64})
    floats = frame.cast(pl.Float64)
    assert cast_columns(floats, {"x": pl.Int64}, "here").equals(frame)


def test_a_moved_data_folder_changes_no_digest_but_a_changed_path_in_the_file_is_noticed(
    table: ImageTable, tmp_path: Path
) -> None:
    moved = pl.concat_str(pl.lit("/elsewhere/"), "path").alias("path")
    assert ImageTable.of(table.frame.with_columns(moved), "moved").digest == table.digest
    table.write(tmp_path / "images.parquet")
    frame, header = read_table(tmp_path / "images.parquet", "images")
    write_table(tmp_path / "images.parquet", frame.with_columns(moved), header)
    with pytest.raises(MelError, match="changed after it was written"):
        ImageTable.read(tmp_path / "images.parquet")
