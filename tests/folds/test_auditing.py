"""The audit finds every crossing of any fold map, and nothing else."""

from collections import defaultdict
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from mel.errors import MelError
from mel.folds import audit
from mel.tables import Folds, ImageTable

EFFORT = effort(max_examples=60, deadline=None)
Found = list[tuple[str, str, list[int], int, str]]


def folds_of(table: ImageTable, numbers: list[int]) -> Folds:
    frame = table.train.select("image_id").with_columns(pl.Series("fold", numbers))
    return Folds.of(frame, seed=0, method="elsewhere")


def by_looking(table: ImageTable, folds: Folds) -> Found:
    """Reference: walk the train rows one by one and remember where each id was seen."""
    place = dict(folds.frame.iter_rows())
    seen: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in table.train.iter_rows(named=True):
        for kind in ("patient", "lesion", "duplicate"):
            if row[f"{kind}_id"]:
                seen[kind, row[f"{kind}_id"]].append(place[row["image_id"]])
    return sorted(
        (*key, sorted(set(at)), len(at), "between folds")
        for key, at in seen.items()
        if len(set(at)) > 1
    )


@EFFORT
@given(data=st.data())
def test_every_crossing_is_found_and_nothing_else(
    tables: st.SearchStrategy[ImageTable], data: st.DataObject
) -> None:
    table = data.draw(tables)
    size = table.train.height
    rest = data.draw(st.lists(st.integers(0, 2), min_size=size - 3, max_size=size - 3))
    folds = folds_of(table, [*rest, 0, 1, 2])
    found = audit(table, folds).crossings.filter(pl.col("kind") != "chain")
    assert sorted(found.rows()) == by_looking(table, folds)


@EFFORT
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_the_findings_ignore_row_order(
    tables: st.SearchStrategy[ImageTable], data: st.DataObject, seed: int
) -> None:
    table = data.draw(tables)
    folds = folds_of(table, [n % 3 for n in range(table.train.height)])
    shuffled = ImageTable(table.frame.sample(fraction=1, shuffle=True, seed=seed), table.name)
    one, other = audit(table, folds), audit(shuffled, folds)
    assert one.crossings.equals(other.crossings)
    assert one.counts.equals(other.counts)


@pytest.mark.parametrize(
    ("kind", "column"), [("patient", 0), ("lesion", 1), ("duplicate", 2)], ids=lambda v: str(v)
)
def test_a_single_crossing_is_named_with_its_folds(
    make_table: Callable[..., ImageTable], kind: str, column: int
) -> None:
    rows = [[f"p{n}", f"l{n}", f"d{n}", n // 2 % 2] for n in range(8)]
    rows[1][column] = rows[6][column] = "same"
    table = make_table([tuple(row) for row in rows])
    assert audit(table, folds_of(table, [0, 1, 0, 1, 0, 1, 1, 0])).ok
    found = audit(table, folds_of(table, [0, 1, 0, 1, 0, 1, 0, 1]))
    assert found.crossings.rows() == [(kind, "same", [0, 1], 2, "between folds")]
    assert found.faults == (f"1 {kind} with 2 images in more than one fold",)
    assert not found.ok


def test_missing_and_blank_ids_cross_nothing_and_prove_nothing(
    make_table: Callable[..., ImageTable],
) -> None:
    table = make_table([(f"p{n}", "unknown", " ", n // 2 % 2) for n in range(8)])
    found = audit(table, folds_of(table, [0, 1] * 4))
    assert found.ok
    assert found.checked == ("patient",)
    assert found.verdict == "2 folds of 8 images, checked by patient: nothing crosses"


def test_a_fold_without_one_of_the_classes_is_a_fault(
    make_table: Callable[..., ImageTable],
) -> None:
    table = make_table([(f"p{n}", None, None, int(n < 3)) for n in range(6)])
    found = audit(table, folds_of(table, [0, 0, 1, 2, 2, 1]))
    assert found.faults == ("fold 0 has no negative", "fold 2 has no positive")
    assert found.crossings.is_empty()
    assert not found.ok


def test_the_counts_of_each_fold_are_those_counted_by_hand(table: ImageTable) -> None:
    frame = table.train.head(6).with_columns(
        pl.Series("patient_id", ["a", "a", "b", "c", "c", "c"]),
        pl.Series("target", [1, 1, 0, 0, 1, 0]),
        pl.Series("age", [30.0, 40.0, 65.0, None, 50.0, 20.0]),
        pl.Series("sex", ["female", "male", None, None, None, None]),
    )
    small = ImageTable.of(frame, "small")
    found = audit(small, folds_of(small, [0, 0, 0, 1, 1, 1]))
    assert found.counts.to_dicts() == [
        {
            "fold": 0,
            "rows": 3,
            "positives": 2,
            "positive_share": pytest.approx(2 / 3),
            "patients": 2,
            "positive_patients": 1,
            "median_age": 40.0,
            "female_share": 0.5,
            "external": 0,
        },
        {
            "fold": 1,
            "rows": 3,
            "positives": 1,
            "positive_share": pytest.approx(1 / 3),
            "patients": 1,
            "positive_patients": 1,
            "median_age": 35.0,
            "female_share": None,
            "external": 0,
        },
    ]


def test_folds_of_other_images_are_refused(table: ImageTable, folds: Folds) -> None:
    lacking = Folds.of(folds.frame.tail(-1), seed=0, method="short")
    with pytest.raises(MelError, match="image 'img000' is in no fold of table"):
        audit(table, lacking)
    strange = folds.frame.with_columns(pl.col("image_id").replace({"img000": "img075"}))
    with pytest.raises(MelError, match="2 such images"):
        audit(table, Folds.of(strange, seed=0, method="with a test image"))


@pytest.mark.parametrize(
    ("name", "positives"),
    [("cp_1", [116, 119, 114, 118, 117]), ("gao_b1", [139, 108, 115, 117, 105])],
)
def test_public_fold_maps_of_2020_separate_no_patient_and_no_published_duplicate(
    siim: ImageTable, foreign: Callable[[str], Folds], name: str, positives: list[int]
) -> None:
    """Both are clean; gao_b1 is not stratified, its largest fold has a third more positives."""
    found = audit(siim, foreign(name))
    assert found.verdict == (
        "5 folds of 33126 images, checked by patient, duplicate: nothing crosses"
    )
    assert found.counts["positives"].to_list() == positives
    assert found.counts["patients"].sum() == 2056


def test_folds_by_image_of_the_real_table_are_caught(siim: ImageTable) -> None:
    """Every real patient has at least two images; dealt out row by row, nearly all are split."""
    found = audit(siim, folds_of(siim, [n % 5 for n in range(siim.train.height)]))
    kinds = dict(found.crossings.group_by("kind").len().iter_rows())
    assert kinds["patient"] > 1900
    assert kinds["duplicate"] > 300
    assert not found.ok
