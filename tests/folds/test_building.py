"""Folds hold out linked images together, spread the positives, and ignore the rows' order."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import polars as pl
import pytest
from hypothesis import given, reject
from hypothesis import settings as effort
from hypothesis import strategies as st

from mel.config import FoldsSettings
from mel.errors import MelError
from mel.folds import audit, build, groups
from mel.tables import Folds, ImageTable

Tables = st.SearchStrategy[ImageTable]
EFFORT = effort(max_examples=40, deadline=None)  # the first example imports scikit-learn
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
    assert (folds.seed, folds.method, folds.n_folds) == (7, "stratified-group-kfold", 4)
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


@pytest.mark.parametrize(
    ("patients", "n_folds", "message"),
    [
        (
            [(1, 1, 1, 1), (0, 0), (1, 0)],
            2,
            "fold 1 of 2 got no positive with seed 0; add images or try another seed",
        ),
        (
            [(1, 1), (0, 0, 0), (1, 1, 0, 0, 0), (1, 0, 0, 0, 0)],
            3,
            "fold 2 of 3 got no negative with seed 0; ask for fewer folds or try another seed",
        ),
    ],
)
def test_a_fold_left_without_a_class_is_refused(
    make_table: Callable[..., ImageTable],
    patients: list[tuple[int, ...]],
    n_folds: int,
    message: str,
) -> None:
    rows = [(f"p{n}", None, None, y) for n, targets in enumerate(patients) for y in targets]
    with pytest.raises(MelError) as caught:
        build(make_table(rows), FoldsSettings(n_folds=n_folds))
    assert str(caught.value) == f"drawn: {message}"


@pytest.mark.parametrize("seed", range(3))
def test_five_folds_of_the_real_table_of_2020_are_clean_and_even(
    siim: ImageTable, seed: int
) -> None:
    """584 positives in 5 folds; stratification broken, as with shuffle=True, spreads 97 to 131."""
    start = perf_counter()
    found = audit(siim, build(siim, FoldsSettings(seed=seed)))
    assert perf_counter() - start < 10
    assert found.ok
    assert found.checked == ("patient", "duplicate")
    assert found.counts["rows"].sum() == 33126
    assert found.counts["positives"].is_between(115, 119).all()
    assert found.counts["rows"].is_between(6559, 6691).all()


def test_five_folds_of_ham10000_keep_each_lesion_together(real_data: Path) -> None:
    """10,015 images of 7,470 lesions, no patient known: each image its own."""
    frame = pl.read_csv(real_data / "ham10000" / "HAM10000_metadata.csv").select(
        "lesion_id",
        pl.col("image_id"),
        pl.col("image_id").alias("patient_id"),
        (pl.col("dx") == "mel").cast(pl.Int8).alias("target"),
        pl.lit("train").alias("split"),
        pl.col("image_id").alias("path"),
        pl.lit("ham10000").alias("source"),
        *(pl.lit(None).alias(name) for name in ("sex", "age", "site")),
    )
    table = ImageTable.of(frame, "ham10000")
    found = audit(table, build(table))
    assert found.ok
    assert found.checked == ("patient", "lesion")
    assert found.counts["rows"].is_between(1983, 2023).all()
    assert found.counts["positives"].is_between(221, 225).all()
