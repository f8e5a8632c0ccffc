"""The 2020 competition's tables, real and synthetic."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mel.config import DataSettings
from mel.errors import MelError
from mel.kaggle.siim2020 import _connect, tables
from mel.tables import SITES, ImageTable

_SETTINGS = DataSettings(adapter="siim2020")


def _change(path: Path, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    change(pl.read_csv(path, infer_schema=False)).write_csv(path)


def test_the_real_tables_load(real_data: Path) -> None:
    found = tables(_SETTINGS, real_data / "siim2020")
    table = ImageTable.of(found.frame.with_columns(path=pl.lit("not looked at")), "siim2020")
    train, test = table.train, table.test
    assert (train.height, train["patient_id"].n_unique(), train["target"].sum()) == (
        33_126,
        2_056,
        584,
    )
    assert (test.height, test["patient_id"].n_unique()) == (10_982, 690)
    assert [train[name].null_count() for name in ("sex", "age", "site")] == [65, 68, 527]
    assert set(train["site"].drop_nulls()) == set(SITES)
    assert test["diagnosis"].null_count() == test.height
    assert found.solution is None
    assert not found.synthetic
    assert set(table.frame["source"]) == {"siim2020"}
    order = pl.read_csv(real_data / "siim2020" / "sample_submission.csv")["image_name"]
    assert found.sample["image_name"].to_list() == order.to_list()


def test_the_real_duplicates_are_425_pairs_each_within_one_patient(real_data: Path) -> None:
    frame = tables(_SETTINGS, real_data / "siim2020").frame.drop_nulls("duplicate_id")
    copies = frame.group_by("duplicate_id").agg(pl.len(), pl.col("patient_id").n_unique())
    assert copies.height == 425
    assert set(copies["len"]) == {2}
    assert set(copies["patient_id"]) == {1}


def test_columns_that_public_copies_add_are_left_out(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "siim2020"
    (tmp_path / "train.csv").write_bytes((folder / "train_cdeotte.csv").read_bytes())
    (tmp_path / "test.csv").write_bytes((folder / "test.csv").read_bytes())
    frame = tables(_SETTINGS, tmp_path).frame
    assert frame.equals(tables(_SETTINGS, folder).frame.drop("duplicate_id"))


def test_the_synthetic_tables_are_known_as_such(tiny: Path) -> None:
    found = tables(_SETTINGS, tiny)
    assert found.synthetic
    assert set(found.frame["source"]) == {"synthetic"}
    assert found.solution is not None
    assert found.solution.height == 36
    assert found.frame.drop_nulls("duplicate_id").height == 4


def test_the_order_of_the_rows_is_of_no_account(siim: Path) -> None:
    before = tables(_SETTINGS, siim).frame.sort("image_id")
    for name in ("train.csv", "test.csv", "ISIC_2020_Training_Duplicates.csv"):
        _change(siim / name, lambda frame: frame.reverse())
    assert tables(_SETTINGS, siim).frame.sort("image_id").equals(before)


def test_a_lesion_id_is_kept_where_there_is_one(siim: Path) -> None:
    _change(siim / "train.csv", lambda frame: frame.with_columns(lesion_id=pl.lit("IL_1")))
    frame = tables(_SETTINGS, siim).frame
    assert frame.filter(pl.col("split") == "train")["lesion_id"].unique().to_list() == ["IL_1"]


def test_a_sample_is_made_from_the_test_images_where_there_is_none(siim: Path) -> None:
    before = tables(_SETTINGS, siim).sample
    (siim / "sample_submission.csv").unlink()
    assert tables(_SETTINGS, siim).sample.equals(before)


def _first(column: str, value: str | None) -> Callable[[pl.DataFrame], pl.DataFrame]:
    first = pl.int_range(pl.len()) == 0
    return lambda frame: frame.with_columns(
        pl.when(first).then(pl.lit(value)).otherwise(pl.col(column)).alias(column)
    )


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("train.csv", lambda f: f.drop("sex"), r"train.csv: no column 'sex'; known: "),
        (
            "train.csv",
            lambda f: f.rename({"age_approx": "age_aprox"}),
            r"train.csv: no column 'age_approx'; did you mean 'age_aprox'\?",
        ),
        (
            "train.csv",
            lambda f: f.with_columns(fold=pl.lit(1)),
            r"train.csv: unknown column 'fold'; remove it \(known: image_name, .*patient_code",
        ),
        (
            "test.csv",
            lambda f: f.with_columns(target=pl.lit(1)),
            r"test.csv: unknown column 'target'; remove it",
        ),
        ("train.csv", lambda f: pl.concat([f, f[:1]]), r"train.csv: image_name 'SYN_\d+' stands 2"),
        (
            "train.csv",
            _first("sex", "femal"),
            r"train.csv: unknown sex 'femal' \(image SYN_\d+, 1 rows\); did you mean 'female'",
        ),
        (
            "test.csv",
            _first("anatom_site_general_challenge", "elbow"),
            r"test.csv: unknown anatom_site_general_challenge 'elbow' \(image SYN_\d+, 1 rows\)",
        ),
        ("train.csv", _first("target", "2"), r"train.csv: target '2' of image SYN_\d+ \(1 rows\)"),
        ("train.csv", _first("patient_id", None), r"train.csv: 1 rows without patient_id"),
        ("train.csv", _first("age_approx", "old"), r"train.csv: age_approx 'old' of image SYN_"),
        ("sample_submission.csv", lambda f: f[1:], r"sample_submission.csv: image 'SYN_\d+' is a"),
        ("sample_submission.csv", _first("image_name", "x"), r"sample_submission.csv: image '"),
        ("solution.csv", _first("target", "0.3"), r"solution.csv: target '0.3' of image SYN_\d+"),
        (
            "ISIC_2020_Training_Duplicates.csv",
            lambda f: f.with_columns(image_name_1=pl.lit("a") + pl.col("image_name_1"))[:1].select(
                "image_name_1", image_name_2=pl.lit("b")
            ),
            r"Duplicates.csv: image 'aSYN_\d+' is in neither train.csv nor test.csv \(2 such",
        ),
        (
            "ISIC_2020_Training_Duplicates.csv",
            _first("image_name_2", None),
            r"Duplicates.csv: 1 rows without image_name_2; complete or remove them",
        ),
        (
            "ISIC_2020_Training_Duplicates.csv",
            _first("image_name_1", "SYN_x"),
            r"Duplicates.csv: image 'SYN_x' is in neither train.csv nor test.csv \(1 such",
        ),
        ("train.csv", _first("patient_id", "Unknown"), r"train.csv: 1 rows without patient_id"),
        ("test.csv", _first("age_approx", "-5"), r"test.csv: age_approx -5 of image SYN_\d+"),
        ("train.csv", _first("age_approx", "NaN"), r"train.csv: age_approx NaN of image SYN_\d+"),
    ],
)
def test_a_faulty_table_is_refused_in_one_line(siim: Path, name, change, message) -> None:
    _change(siim / name, change)
    with pytest.raises(MelError, match=message) as caught:
        tables(_SETTINGS, siim)
    assert "\n" not in str(caught.value)


def test_an_image_with_two_copies_stands_in_two_rows_and_all_three_are_one(siim: Path) -> None:
    path = siim / "ISIC_2020_Training_Duplicates.csv"
    names = pl.read_csv(siim / "train.csv")["image_name"].sort()[:3].to_list()
    pairs = {"image_name_1": [names[0]] * 2, "image_name_2": names[1:]}
    pl.DataFrame(pairs).write_csv(path)
    found = tables(_SETTINGS, siim).frame.drop_nulls("duplicate_id")
    assert sorted(found["image_id"]) == names
    assert set(found["duplicate_id"]) == {names[0]}


def test_an_unknown_lesion_links_nothing(siim: Path) -> None:
    _change(siim / "train.csv", lambda frame: frame.with_columns(lesion_id=pl.lit("unknown")))
    frame = tables(_SETTINGS, siim).frame
    assert frame["lesion_id"].null_count() == frame.height


def test_missing_patients_may_be_made_their_own(siim: Path) -> None:
    _change(siim / "train.csv", _first("patient_id", None))
    own = DataSettings(adapter="siim2020", missing_patient="own")
    patients = tables(own, siim).frame["patient_id"]
    assert patients.null_count() == 0
    assert patients.str.starts_with("own-SYN_").sum() == 1


def test_a_test_fraction_has_no_effect_here_and_is_refused(tiny: Path) -> None:
    with pytest.raises(MelError, match=r"test_fraction 0.1: siim2020 brings its own test set"):
        tables(DataSettings(adapter="siim2020", test_fraction=0.1), tiny)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=40))
def test_names_are_connected_exactly_where_pairs_connect_them(numbers) -> None:
    pairs = [(f"{one:02}", f"{other:02}") for one, other in numbers]
    found = _connect(pairs)
    expected = {name: {name} for pair in pairs for name in pair}
    for one, other in pairs:
        merged = expected[one] | expected[other]
        expected |= dict.fromkeys(merged, merged)
    assert found == {name: min(names) for name, names in expected.items()}
