"""HAM10000: sites and classes translated, lesions held out whole, whatever the rows' order."""

from pathlib import Path

import polars as pl
import pytest

from mel.config import DataSettings
from mel.errors import MelError
from mel.kaggle import Competition, load
from mel.tables import SEXES, SITES


def _settings(fraction: float = 0.25, seed: int = 0, **more: str | list[str]) -> DataSettings:
    return DataSettings.model_validate(
        {
            "adapter": "ham10000",
            "images": "none",
            "test_fraction": fraction,
            "seed": seed,
            **more,
        }
    )


def tables(settings: DataSettings, data: Path) -> Competition:
    return load(settings, data)


def _metadata(ham: Path) -> pl.DataFrame:
    return pl.read_csv(ham / "HAM10000_metadata.csv")


def test_the_real_metadata_load(real_data: Path) -> None:
    found = tables(_settings(0.15), real_data / "ham10000")
    frame, solution = found.table.frame, found.solution
    assert solution is not None
    assert frame.height == 10_015
    assert frame["lesion_id"].n_unique() == 7_470
    assert frame["target"].sum() + solution["target"].sum() == 1_113
    assert set(frame["site"].drop_nulls()) == set(SITES)
    assert set(frame["sex"].drop_nulls()) == set(SEXES)
    assert [frame[name].null_count() for name in ("sex", "age", "site")] == [57, 57, 234]


def test_the_held_out_share_is_that_of_the_lesions_in_each_class(real_data: Path) -> None:
    found = tables(_settings(0.15), real_data / "ham10000")
    assert found.solution is not None
    lesions = found.table.frame.join(found.solution, on="image_id", how="left", suffix="_test")
    label = pl.coalesce("target", "target_test")
    lesions = lesions.with_columns(label=label).unique("lesion_id")
    for target in (0, 1):
        of_class = lesions.filter(pl.col("label") == target)
        share = (of_class["split"] == "test").mean()
        assert share == pytest.approx(0.15, abs=0.5 / of_class.height)


def test_no_lesion_is_on_both_sides(ham: Path) -> None:
    frame = tables(_settings(), ham).table.frame
    sides = frame.group_by("lesion_id").agg(pl.col("split").n_unique())
    assert set(sides["split"]) == {1}
    assert set(frame["split"]) == {"train", "test"}
    assert frame["patient_id"].equals(frame["lesion_id"], check_names=False)


def test_held_out_labels_are_in_the_solution_alone(ham: Path) -> None:
    found = tables(_settings(), ham)
    test = found.table.frame.filter(pl.col("split") == "test")
    assert test["target"].null_count() == test["diagnosis"].null_count() == test.height
    assert found.solution is not None
    truth = _metadata(ham).select("image_id", truth=(pl.col("dx") == "mel").cast(pl.Int8))
    joined = found.solution.join(truth, on="image_id", validate="1:1")
    assert joined.height == test.height
    assert joined["target"].equals(joined["truth"], check_names=False)
    assert found.sample["image_id"].to_list() == test["image_id"].to_list()
    assert set(found.sample["target"]) == {0.0}


def test_the_split_ignores_the_order_of_the_rows(ham: Path) -> None:
    before = tables(_settings(), ham)
    _metadata(ham).sample(fraction=1, shuffle=True, seed=3).write_csv(ham / "HAM10000_metadata.csv")
    after = tables(_settings(), ham)
    assert after.table.frame.equals(before.table.frame)
    assert after.sample.equals(before.sample)


def test_another_seed_holds_other_lesions_out(ham: Path) -> None:
    one, other = (set(tables(_settings(seed=seed), ham).sample["image_id"]) for seed in (0, 1))
    assert one != other


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("localization", "location", r"no column 'localization'; did you mean 'location'"),
        ("ISIC_001", "ISIC_002", r"metadata.csv: image_id 'ISIC_002' stands 2 times"),
        ("nv", "nevus", r"unknown dx 'nevus' \(image ISIC_001, "),
        ("mel", "", r"metadata.csv: no dx for image ISIC_000 \(15 rows\); fill it in"),
        ("HAM_005,", ",", r"rows without lesion_id \(first: image ISIC_005\); .*'own'"),
    ],
)
def test_faulty_metadata_are_refused_in_one_line(ham: Path, old, new, message) -> None:
    path = ham / "HAM10000_metadata.csv"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(MelError, match=message) as caught:
        tables(_settings(), ham)
    assert "\n" not in str(caught.value)


def test_an_image_without_a_lesion_may_be_its_own(ham: Path) -> None:
    path = ham / "HAM10000_metadata.csv"
    path.write_text(path.read_text().replace("HAM_005,", ","))
    frame = tables(_settings(missing_patient="own"), ham).table.frame
    own = frame.filter(pl.col("lesion_id").is_null())
    assert own["patient_id"].to_list() == ["own-" + name for name in own["image_id"]]
    assert own.height == 2


def test_a_fraction_that_leaves_a_side_without_a_class_is_refused(ham: Path) -> None:
    with pytest.raises(MelError, match=r"test_fraction 0: ham10000 brings no test set"):
        tables(DataSettings(adapter="ham10000", images="none"), ham)
    for fraction in (0.02, 0.99):
        with pytest.raises(MelError, match=r"leaves a side without positives or"):
            tables(_settings(fraction), ham)


def test_the_target_may_be_other_diagnoses_but_not_half_of_akiec(ham: Path) -> None:
    settings = _settings(positive_diagnoses=["nevus"])
    train = tables(settings, ham).table.train
    assert set(train.filter(target=1)["diagnosis"]) == {"nevus"}
    assert set(train.filter(target=0)["diagnosis"]) == {"melanoma"}
    settings = _settings(positive_diagnoses=["actinic keratosis"])
    with pytest.raises(MelError, match=r"'actinic keratosis' cannot be told in ham10000, whose ak"):
        tables(settings, ham)


def test_the_real_classes_are_harmonised_but_for_akiec(real_data: Path) -> None:
    """What ISIC 2019 splits in two is null, and listed with its count."""
    found = tables(_settings(0.15), real_data / "ham10000")
    assert found.unmapped.rows() == [("dx", "akiec", 327, "ham10000")]
    assert found.table.train["diagnosis"].n_unique() == 7
