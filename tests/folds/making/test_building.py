"""Folds hold out linked images together, spread the positives, and ignore the rows' order."""

from collections.abc import Callable
from pathlib import Path
from time import process_time

import numpy as np
import polars as pl
import pytest
from hypothesis import given, reject
from hypothesis import settings as effort
from hypothesis import strategies as st

from mel.config import FoldsSettings
from mel.errors import MelError
from mel.folds import audit, build, groups, repeated
from mel.folds.proving.balance import balance
from mel.tables import Folds, ImageTable

Tables = st.SearchStrategy[ImageTable]
EFFORT = effort(max_examples=25, deadline=None)  # the first example imports scipy
SETTINGS = st.builds(FoldsSettings, n_folds=st.integers(2, 4), seed=st.integers(0, 99))


def build_or_reject(table: ImageTable, settings: FoldsSettings) -> Folds:
    """Draw again where all but a few images are linked: a rightful refusal."""
    try:
        return build(table, settings)
    except MelError:
        reject()


@EFFORT
@given(data=st.data(), settings=SETTINGS)
def test_nothing_linked_is_separated(
    tables: Tables, data: st.DataObject, settings: FoldsSettings
) -> None:
    table = data.draw(tables)
    folds = build_or_reject(table, settings)
    assert audit(table, folds).ok
    linked = groups(table.frame).join(folds.frame, on="image_id")
    assert linked.group_by("group").agg(pl.col("fold").n_unique())["fold"].max() == 1


def test_a_frame_stands_for_a_table(make_table: Callable[..., ImageTable]) -> None:
    table = make_table([(f"p{n}", None, None, n % 2) for n in range(8)])
    settings = FoldsSettings(n_folds=2)
    folds = build(table.frame.reverse(), settings)
    assert folds.digest == build(table, settings).digest
    assert folds.inputs["images"] == table.digest
    assert audit(table.frame, folds).verdict == audit(table, folds).verdict


@EFFORT
@given(data=st.data(), settings=SETTINGS)
def test_every_train_image_and_no_test_image_is_in_a_fold(
    tables: Tables, data: st.DataObject, settings: FoldsSettings
) -> None:
    table = data.draw(tables)
    folds = build_or_reject(table, settings)
    assert folds.frame["image_id"].to_list() == table.train["image_id"].to_list()
    assert folds.n_folds == settings.n_folds


@EFFORT
@given(data=st.data(), settings=SETTINGS)
def test_every_fold_has_positives_and_negatives(
    tables: Tables, data: st.DataObject, settings: FoldsSettings
) -> None:
    table = data.draw(tables)
    frame = table.train.join(build_or_reject(table, settings).frame, on="image_id")
    assert frame.group_by("fold").agg(pl.col("target").n_unique())["target"].min() == 2


@EFFORT
@given(data=st.data(), settings=SETTINGS, seed=st.integers(0, 2**32))
def test_folds_ignore_row_order(
    tables: Tables, data: st.DataObject, settings: FoldsSettings, seed: int
) -> None:
    table = data.draw(tables)
    shuffled = table.frame.sample(fraction=1, shuffle=True, seed=seed)
    unsorted = ImageTable(shuffled, table.name)
    folds = build_or_reject(table, settings)
    assert build(unsorted, settings).frame.equals(folds.frame)
    assert build(ImageTable.of(shuffled, table.name), settings).digest == folds.digest


def test_same_seed_same_folds_other_seed_other_folds(table: ImageTable) -> None:
    digests = [build(table, FoldsSettings(n_folds=4, seed=seed)).digest for seed in range(5)]
    assert len(set(digests)) == 5
    assert build(table, FoldsSettings(n_folds=4, seed=3)).digest == digests[3]


def test_the_map_is_this_one_under_every_version_of_every_library(
    make_table: Callable[..., ImageTable],
) -> None:
    """A changed map would make every trained network of every work folder stale."""
    rows = [(f"p{n * n % 23:02d}", None, None, int(n % 7 == 0)) for n in range(120)]
    folds = build(make_table(rows), FoldsSettings(n_folds=4, seed=5))
    assert folds.digest == "dfff1a61245fb793"


def test_images_linked_through_a_test_image_stay_together(
    make_table: Callable[..., ImageTable],
) -> None:
    """One lesion of a test image, and a copy of it: the same skin, whatever the patients say."""
    rows = [("a", "l", None, 1), ("b", None, "d", 1), ("t", "l", "d", 0)]
    rows += [(f"p{n}", None, None, n % 2) for n in range(20)]
    for seed in range(10):
        frame = build(make_table(rows), FoldsSettings(seed=seed)).frame
        assert frame["fold"][0] == frame["fold"][1]


def test_folds_record_what_they_were_made_of(table: ImageTable) -> None:
    settings = FoldsSettings(n_folds=4, seed=7)
    folds = build(table, settings)
    assert folds.inputs == {"images": table.digest, "settings": settings.digest}
    assert (folds.seed, folds.method, folds.n_folds) == (7, "balanced-groups", 4)
    assert build(table).digest == build(table, FoldsSettings()).digest


POSITIVE, NEGATIVE = (1,), (0,)


@pytest.mark.parametrize(
    ("patients", "n_folds", "message"),
    [
        (
            [(0, 1)] * 3 + [NEGATIVE] * 9,
            5,
            "5 folds need 5 groups with a positive, there are 3; ask for at most 3",
        ),
        (
            [POSITIVE] * 9 + [(0, 1)] * 4,
            5,
            "5 folds need 5 groups with a negative, there are 4; ask for at most 4",
        ),
        (
            [(0, 1)] * 2 + [NEGATIVE] * 2,
            5,
            "5 folds need 5 groups of linked images, there are 4; ask for at most 2",
        ),
        (
            [NEGATIVE] * 9,
            3,
            "3 folds need 3 groups with a positive, there are 0; no folds can be made, add images",
        ),
        (
            [],
            2,
            "2 folds need 2 groups of linked images, there are 0; no folds can be made, add images",
        ),
    ],
)
def test_more_folds_than_the_groups_allow_are_refused(
    make_table: Callable[..., ImageTable],
    patients: list[tuple[int, ...]],
    n_folds: int,
    message: str,
) -> None:
    rows = [(f"p{n}", None, None, y) for n, targets in enumerate(patients) for y in targets]
    with pytest.raises(MelError) as caught:
        build(make_table(rows), FoldsSettings(n_folds=n_folds))
    assert str(caught.value) == f"drawn: {message}"


def of_patients(patients: list[tuple[int, ...]]) -> list[tuple[str, None, None, int]]:
    return [(f"p{n}", None, None, y) for n, targets in enumerate(patients) for y in targets]


@pytest.mark.parametrize(
    ("patients", "n_folds"),
    [
        ([(1, 1), (0, 0, 0), (1, 1, 0, 0, 0), (1, 0, 0, 0, 0)], 3),
        ([(1,), (0,) * 40, (1, 0), (0,) * 30, (1,)], 3),
        ([(0,) * 9, (1,), (1,), (0,)], 2),
        ([(1, 0, 0)] * 2 + [(1,)] * 3 + [(0,) * 5] * 3, 5),
    ],
)
def test_every_fold_has_both_classes_where_that_is_possible_at_all(
    make_table: Callable[..., ImageTable], patients: list[tuple[int, ...]], n_folds: int
) -> None:
    table = make_table(of_patients(patients))
    for seed in range(20):
        folds = build(table, FoldsSettings(n_folds=n_folds, seed=seed))
        folds.matches(table)
        frame = table.train.join(folds.frame, on="image_id")
        assert frame.group_by("fold").agg(pl.col("target").n_unique())["target"].min() == 2


PATIENT = st.lists(st.sampled_from([0, 0, 1]), min_size=1, max_size=5)


@EFFORT
@given(patients=st.lists(PATIENT, min_size=2, max_size=25), n_folds=st.integers(2, 5))
def test_what_is_refused_has_too_few_groups_of_a_class_or_one_with_most_positives(
    make_table: Callable[..., ImageTable], patients: list[list[int]], n_folds: int
) -> None:
    possible = all(sum(y in targets for targets in patients) >= n_folds for y in (0, 1))
    held, total = max(map(sum, patients)), sum(map(sum, patients))
    table = make_table(of_patients([tuple(targets) for targets in patients]))
    lump = held > max(0.5, 1.5 / n_folds) * total
    try:
        folds = build(table, FoldsSettings(n_folds=n_folds))
    except MelError:
        assert not possible or lump
    else:
        assert possible
        assert folds.n_folds == n_folds


def test_one_patient_with_most_positives_is_refused_by_name(
    make_table: Callable[..., ImageTable],
) -> None:
    patients = [(0,), (1,) * 9] + [(1, 0)] * 8
    with pytest.raises(MelError) as caught:
        build(make_table(of_patients(patients)), FoldsSettings(n_folds=4))
    assert str(caught.value) == (
        "drawn: the group of image 'i001' (patient 'p1') holds 9 of 17 positives, so that 4 folds "
        "cannot share them; check its patient_id, lesion_id, duplicate_id, or leave some of its "
        "images out"
    )
    fair = [(0,), (1,) * 8] + [(1, 0)] * 8
    assert build(make_table(of_patients(fair)), FoldsSettings(n_folds=4)).n_folds == 4


def test_the_settings_of_a_foreign_map_build_nothing(table: ImageTable) -> None:
    with pytest.raises(MelError, match=r"name a fold map, 'map\.csv'; a map is imported"):
        build(table, FoldsSettings(map="map.csv"))


def deviations(table: ImageTable, folds: Folds, *columns: str) -> pl.DataFrame:
    """How far each category of each fold is from its fair share, counted by the audit's code."""
    return balance(table, folds, columns).with_columns(pl.col("deviation").abs())


@pytest.mark.parametrize("seed", range(3))
def test_five_folds_of_the_real_table_of_2020_are_clean_and_even_on_every_axis(
    siim: ImageTable, seed: int
) -> None:
    """584 positives in 5 folds, each 116 or 117; StratifiedGroupKFold's median is 8 to 11 %."""
    start = process_time()
    folds = build(siim, FoldsSettings(seed=seed))
    assert process_time() - start < 10
    folds.matches(siim)
    found = deviations(siim, folds)
    assert found["axis"].unique().sort().to_list() == [
        *("age", "images a patient", "patients", "positive patients", "positives", "rows"),
        *("sex", "site"),
    ]
    assert found["deviation"].median() < 0.005
    assert set(found.filter(axis="positives")["count"]) == {116, 117}
    assert found.filter(axis="rows")["count"].is_between(6600, 6650).all()
    assert found.filter(axis="patients")["count"].is_between(410, 413).all()
    assert found.filter(axis="positive patients")["count"].is_between(85, 86).all()


def test_folds_of_two_seeds_have_little_in_common(siim: ImageTable) -> None:
    """Of two patients in one fold a fifth meet again in the other map, as by chance."""
    maps = repeated(siim, FoldsSettings(), [0, 1])
    people = siim.train.select("image_id", "patient_id").unique("patient_id")
    frames = [people.join(maps[seed].frame, on="image_id").sort("patient_id") for seed in (0, 1)]
    one, other = (frame["fold"].to_numpy() for frame in frames)
    pairs = (one[:, None] == one) & ~np.eye(len(one), dtype=bool)
    assert (other[:, None] == other)[pairs].mean() == pytest.approx(0.2, abs=0.02)


def test_five_folds_of_ham10000_keep_each_lesion_together(real_data: Path) -> None:
    """10,015 images of 7,470 lesions, no patient known: each image its own."""
    frame = pl.read_csv(real_data / "ham10000" / "HAM10000_metadata.csv").select(
        "lesion_id",
        "dx",
        "dx_type",
        pl.col("image_id"),
        pl.col("image_id").alias("patient_id"),
        (pl.col("dx") == "mel").cast(pl.Int8).alias("target"),
        pl.lit("train").alias("split"),
        pl.col("image_id").alias("path"),
        pl.lit("ham10000").alias("source"),
        pl.col("sex").replace({"unknown": None}),
        pl.col("age"),
        pl.lit(None).alias("site"),
    )
    table = ImageTable.of(frame, "ham10000")
    folds = build(table, FoldsSettings(balance=["dx", "dx_type"]))
    folds.matches(table)
    found = deviations(table, folds, "dx", "dx_type")
    assert found["deviation"].median() < 0.005
    assert found.filter(axis="rows")["count"].is_between(2002, 2004).all()
    assert found.filter(axis="positives")["count"].is_between(222, 223).all()
    assert found.filter(axis="dx", category="df")["count"].is_between(22, 24).all()
