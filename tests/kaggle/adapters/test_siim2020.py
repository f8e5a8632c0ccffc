"""The 2020 competition's tables, real and synthetic."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from mel.config import DataSettings
from mel.errors import MelError
from mel.kaggle import Competition, load
from mel.tables import SITES

_SETTINGS = DataSettings(adapter="siim2020", images="none")


def tables(settings: DataSettings, data: Path) -> Competition:
    return load(settings, data)


def _change(path: Path, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    change(pl.read_csv(path, infer_schema=False)).write_csv(path)


def test_the_real_tables_load(real_data: Path) -> None:
    found = tables(_SETTINGS, real_data / "siim2020")
    table = found.table
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
    assert not found.table.synthetic
    assert set(table.frame["source"]) == {"siim2020"}
    order = pl.read_csv(real_data / "siim2020" / "sample_submission.csv")["image_name"]
    assert found.sample["image_name"].to_list() == order.to_list()


def test_the_real_duplicates_are_425_pairs_each_within_one_patient(real_data: Path) -> None:
    frame = tables(_SETTINGS, real_data / "siim2020").table.frame.drop_nulls("duplicate_id")
    copies = frame.group_by("duplicate_id").agg(pl.len(), pl.col("patient_id").n_unique())
    assert copies.height == 425
    assert set(copies["len"]) == {2}
    assert set(copies["patient_id"]) == {1}


@pytest.mark.parametrize("beside", [True, False])
def test_what_public_copies_add_becomes_extras(
    real_data: Path, tmp_path: Path, beside: bool
) -> None:
    """Width, height and tfrecord come by name, from train.csv or from the copy beside it."""
    folder = real_data / "siim2020"
    copy = pl.read_csv(folder / "train_cdeotte.csv", infer_schema=False)
    train = (folder / ("train.csv" if beside else "train_cdeotte.csv")).read_bytes()
    (tmp_path / "train.csv").write_bytes(train)
    (tmp_path / "test.csv").write_bytes((folder / "test.csv").read_bytes())
    if beside:
        copy.sample(fraction=1, shuffle=True, seed=1).write_csv(tmp_path / "train_cdeotte.csv")
    frame = tables(_SETTINGS, tmp_path).table.frame
    extras = ["width", "height", "tfrecord"]
    found = frame.filter(split="train").select("image_id", *extras).sort("image_id")
    expected = copy.rename({"image_name": "image_id"}).cast(dict.fromkeys(extras, pl.Int64))
    assert found.equals(expected.select(found.columns).sort("image_id"))
    assert frame.filter(split="test").select(extras).null_count().row(0) == (10_982,) * 3
    assert "patient_code" not in frame.columns
    plain = tables(_SETTINGS, folder).table.frame.drop("duplicate_id")
    assert plain.equals(frame)


def test_what_train_csv_says_itself_comes_before_its_copy(siim: Path) -> None:
    copy = pl.read_csv(siim / "train.csv", infer_schema=False)
    copy.with_columns(width=pl.lit(1), height=pl.lit(2)).write_csv(siim / "train_cdeotte.csv")
    _change(siim / "train.csv", lambda frame: frame.with_columns(width=pl.lit(3)))
    train = tables(_SETTINGS, siim).table.train
    assert set(train["width"]) == {3}
    assert set(train["height"]) == {2}
    assert not [name for name in train.columns if name.endswith("_right")]


def test_the_synthetic_tables_are_known_as_such(tiny: Path) -> None:
    found = tables(_SETTINGS, tiny)
    assert found.table.synthetic
    assert set(found.table.frame["source"]) == {"synthetic"}
    assert found.solution is not None
    assert found.solution.height == 36
    assert found.table.frame.drop_nulls("duplicate_id").height == 4


def test_the_order_of_the_rows_is_of_no_account(siim: Path) -> None:
    before = tables(_SETTINGS, siim).table.frame.sort("image_id")
    for name in ("train.csv", "test.csv", "ISIC_2020_Training_Duplicates.csv"):
        _change(siim / name, lambda frame: frame.reverse())
    assert tables(_SETTINGS, siim).table.frame.sort("image_id").equals(before)


def test_a_lesion_id_is_kept_where_there_is_one(siim: Path) -> None:
    _change(siim / "train.csv", lambda frame: frame.with_columns(lesion_id=pl.lit("IL_1")))
    frame = tables(_SETTINGS, siim).table.frame
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


def test_a_word_without_a_place_is_null_and_listed(siim: Path) -> None:
    """Not refused: neither sex nor site decides a target."""
    _change(siim / "train.csv", _first("sex", "femal"))
    for name in ("train.csv", "test.csv"):
        _change(siim / name, _first("anatom_site_general_challenge", "elbow"))
    found = tables(_SETTINGS, siim)
    assert found.unmapped.rows() == [
        ("anatom_site_general_challenge", "elbow", 2, "synthetic"),
        ("sex", "femal", 1, "synthetic"),
    ]
    assert found.table.frame.filter(pl.col("sex") == "femal").height == 0


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
        ("train.csv", _first("target", "2"), r"train.csv: target '2' of image SYN_\d+ \(1 row\)"),
        ("train.csv", _first("patient_id", None), r"train.csv: 1 row without patient_id"),
        ("train.csv", _first("age_approx", "old"), r"train.csv: age_approx 'old' of image SYN_"),
        ("sample_submission.csv", lambda f: f[1:], r"sample_submission.csv: image 'SYN_\d+' is a"),
        ("sample_submission.csv", _first("image_name", "x"), r"sample_submission.csv: image '"),
        ("solution.csv", _first("target", "0.3"), r"solution.csv: target '0.3' of image SYN_\d+"),
        (
            "ISIC_2020_Training_Duplicates.csv",
            lambda f: f.with_columns(image_name_1=pl.lit("a") + pl.col("image_name_1"))[:1].select(
                "image_name_1", image_name_2=pl.lit("b")
            ),
            r"Duplicates.csv: image 'aSYN_\d+' is none of this table's \(2 such",
        ),
        (
            "ISIC_2020_Training_Duplicates.csv",
            _first("image_name_2", None),
            r"Duplicates.csv: 1 row without image_name_2; complete or remove them",
        ),
        (
            "ISIC_2020_Training_Duplicates.csv",
            _first("image_name_1", "SYN_x"),
            r"Duplicates.csv: image 'SYN_x' is none of this table's \(1 such",
        ),
        ("train.csv", _first("patient_id", "Unknown"), r"train.csv: 1 row without patient_id"),
        ("test.csv", _first("age_approx", "-5"), r"test.csv: age_approx -5 of image SYN_\d+"),
        ("train.csv", _first("age_approx", "inf"), r"train.csv: age_approx inf of image SYN_\d+"),
        (
            "train.csv",
            lambda f: f.with_columns(width=pl.lit("wide")),
            r"train.csv: width 'wide' of image SYN_\d+ \(84 rows\) is no whole number",
        ),
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
    found = tables(_SETTINGS, siim).table.frame.drop_nulls("duplicate_id")
    assert sorted(found["image_id"]) == names
    assert set(found["duplicate_id"]) == {names[0]}


def test_an_unknown_lesion_links_nothing(siim: Path) -> None:
    _change(siim / "train.csv", lambda frame: frame.with_columns(lesion_id=pl.lit("unknown")))
    frame = tables(_SETTINGS, siim).table.frame
    assert frame["lesion_id"].null_count() == frame.height


def test_missing_patients_may_be_made_their_own(siim: Path) -> None:
    _change(siim / "train.csv", _first("patient_id", None))
    own = DataSettings(adapter="siim2020", missing_patient="own")
    patients = tables(own, siim).table.frame["patient_id"]
    assert patients.null_count() == 0
    assert patients.str.starts_with("own-SYN_").sum() == 1


def test_a_test_fraction_holds_patients_out_and_leaves_the_own_test_set_aside(tiny: Path) -> None:
    own = set(tables(_SETTINGS, tiny).table.test["image_id"])
    settings = DataSettings(adapter="siim2020", images="none", test_fraction=0.3)
    found = tables(settings, tiny)
    frame = found.table.frame
    assert not own & set(frame["image_id"])
    assert frame.height == 84
    sides = frame.group_by("patient_id").agg(pl.col("split").n_unique())
    assert set(sides["split"]) == {1}
    assert found.solution is not None
    assert set(found.sample["image_name"]) == set(found.solution["image_id"])
