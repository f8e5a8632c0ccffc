"""The audit finds every crossing of any fold map, and nothing else."""

from collections import defaultdict
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from mel.config import FoldsSettings
from mel.errors import MelError
from mel.folds import audit, build
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
        "5 folds of 33,126 images, checked by patient, duplicate: nothing crosses"
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


# barred rows, external rows, the test set


@st.composite
def mixed(draw: st.DrawFn) -> tuple[ImageTable, Folds]:
    """Train, external and test images linked at random, a map of three folds, some pairs barred."""
    size = draw(st.integers(6, 24))
    pick = st.none() | st.sampled_from([f"x{n}" for n in range(6)])
    rows = []
    for number in range(size):
        split = draw(st.sampled_from(["train", "train", "external", "test"]))
        split = "train" if number < 3 else split
        people = draw(st.integers(0, 6))
        rows.append(
            {
                "image_id": f"i{number:02d}",
                "patient_id": f"t{people}" if split == "test" else f"p{people}",
                "lesion_id": draw(pick),
                "duplicate_id": draw(pick),
                "target": None if split == "test" else number % 2,
                "split": split,
                "path": None,
                "source": "drawn",
                "sex": None,
                "age": None,
                "site": None,
            }
        )
    table = ImageTable.of(
        pl.DataFrame(
            rows, schema_overrides=dict.fromkeys(("lesion_id", "duplicate_id"), pl.String)
        ),
        "mixed",
    )
    train = table.train["image_id"]
    numbers = [0, 1, 2, *draw(st.lists(st.integers(0, 2), min_size=len(train), max_size=99))]
    frame = pl.DataFrame({"image_id": train, "fold": numbers[: len(train)]})
    trains = table.frame.filter(pl.col("split") != "test")["image_id"].to_list()
    barred = draw(st.lists(st.tuples(st.sampled_from(trains), st.integers(0, 2)), max_size=30))
    pairs = pl.DataFrame(barred, schema=["image_id", "fold"], orient="row") if barred else None
    made = Folds.of(
        frame, seed=0, method="drawn", barred=pairs, external=table.external["image_id"]
    )
    return table, made


def by_training(table: ImageTable, folds: Folds) -> set[tuple[str, str, str, int]]:
    """Reference: whatever a fold's training rows share with its scored rows or with the test."""
    found = set()
    tested = table.test.rows(named=True)
    for fold in range(folds.n_folds):
        scored = folds.scored(table, fold).rows(named=True)
        for row in folds.training(table, fold).iter_rows(named=True):
            outer = row["split"] == "external"
            for kind in ("patient", "lesion", "duplicate"):
                name = row[f"{kind}_id"]
                way = "external" if outer else "between folds"
                if name and any(other[f"{kind}_id"] == name for other in scored):
                    found.add((kind, name, way, fold))
                if name and outer and any(other[f"{kind}_id"] == name for other in tested):
                    found.add((kind, name, "external to test", fold))
    return found


@effort(max_examples=80, deadline=None)
@given(drawn=mixed())
def test_a_leak_is_whatever_a_folds_training_rows_share_with_what_it_scores(
    drawn: tuple[ImageTable, Folds],
) -> None:
    table, folds = drawn
    found = audit(table, folds).crossings.filter(pl.col("kind") != "chain").explode("folds")
    told = {tuple(row) for row in found.select("kind", "id", "leak", "folds").rows()}
    assert told == by_training(table, folds)


@effort(max_examples=50, deadline=None)
@given(drawn=mixed())
def test_the_audit_and_the_folds_own_refusal_agree(drawn: tuple[ImageTable, Folds]) -> None:
    table, folds = drawn
    direct = audit(table, folds).crossings.filter(pl.col("kind") != "chain")
    if direct.height:
        with pytest.raises(MelError, match="would leak"):
            folds.matches(table)
    else:
        folds.matches(table)


@effort(max_examples=40, deadline=None)
@given(data=st.data(), held_out=st.booleans())
def test_no_map_that_mel_builds_leaks_not_even_by_a_chain(
    tables: st.SearchStrategy[ImageTable], data: st.DataObject, held_out: bool
) -> None:
    table = data.draw(tables)
    away = pl.col("patient_id").is_in(["p03", "p04", "p05"])
    frame = table.frame.with_columns(
        split=pl.when(away).then(pl.lit("external")).otherwise("split"),
        source=pl.when(pl.col("image_id") > "i020").then(pl.lit("b")).otherwise(pl.lit("a")),
    )
    table = ImageTable.of(frame, "drawn")
    ways = {"scheme": "held-out", "held_out": "source"} if held_out else {"n_folds": 2}
    try:
        folds = build(table, FoldsSettings.model_validate(ways))
    except MelError:  # such as one source only
        return
    assert audit(table, folds).leaks == ()


def linked(rows: list[tuple[str, str, str | None, str | None]]) -> ImageTable:
    """Rows of (split, patient, lesion, duplicate), images i0, i1 and so on."""
    columns = ("split", "patient_id", "lesion_id", "duplicate_id")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
    number = pl.int_range(pl.len())
    frame = frame.with_columns(
        image_id=pl.format("i{}", number),
        target=pl.when(pl.col("split") != "test").then(number % 2),
        source=pl.lit("linked"),
        **{name: pl.lit(None) for name in ("path", "sex", "age", "site")},
    )
    return ImageTable.of(frame, "linked")


def halves(table: ImageTable, **options: object) -> Folds:
    """The first half of the train images in fold 0, the second in fold 1."""
    ids = table.train["image_id"]
    frame = pl.DataFrame(
        {"image_id": ids, "fold": [int(2 * n >= len(ids)) for n in range(len(ids))]}
    )
    return Folds.of(frame, seed=0, method="halves", external=table.external["image_id"], **options)


FOUR = [("train", f"p{n}", None, None) for n in range(4)]


def test_an_external_image_of_a_scored_patient_leaks_unless_it_is_barred() -> None:
    table = linked([*FOUR, ("external", "p0", None, None), ("external", "q", None, None)])
    found = audit(table, halves(table))
    assert found.crossings.rows() == [("patient", "p0", [0], 1, "external")]
    assert found.faults == ("1 patient of which 1 external images train a fold that scores others",)
    assert found.counts["external"].to_list() == [2, 2]
    barred = pl.DataFrame({"image_id": ["i4"], "fold": [0]})
    found = audit(table, halves(table, barred=barred))
    assert found.ok
    assert found.counts["external"].to_list() == [1, 2]


def test_an_external_image_of_a_test_image_leaks_unless_it_is_barred_from_every_fold() -> None:
    table = linked([*FOUR, ("external", "q", "l", None), ("test", "t", "l", None)])
    assert audit(table, halves(table)).crossings.rows() == [
        ("lesion", "l", [0, 1], 1, "external to test")
    ]
    one = pl.DataFrame({"image_id": ["i4"], "fold": [0]})
    assert audit(table, halves(table, barred=one)).crossings["folds"].to_list() == [[1]]
    both = pl.DataFrame({"image_id": ["i4", "i4"], "fold": [0, 1]})
    assert audit(table, halves(table, barred=both)).ok


def test_a_patient_whose_images_are_barred_from_each_others_folds_is_no_leak() -> None:
    table = linked([("train", p, None, None) for p in ("p", "q", "p", "r")])
    assert not audit(table, halves(table)).ok
    one_way = pl.DataFrame({"image_id": ["i0"], "fold": [1]})
    found = audit(table, halves(table, barred=one_way))
    assert found.crossings.rows() == [("patient", "p", [0], 2, "between folds")]
    both = pl.DataFrame({"image_id": ["i0", "i2"], "fold": [1, 0]})
    assert audit(table, halves(table, barred=both)).ok


def test_a_chain_by_way_of_a_test_image_is_found_though_no_single_id_crosses() -> None:
    rows = [("train", "p0", "l", None), *FOUR[1:3], ("train", "p3", None, "d")]
    table = linked([*rows, ("test", "t", "l", "d")])
    found = audit(table, halves(table))
    assert found.crossings.rows() == [("chain", "i0", [0, 1], 2, "between folds")]
    assert found.faults == ("1 chain with 2 images in more than one fold",)


def test_what_train_and_test_share_is_a_note_and_no_fault() -> None:
    table = linked([("train", "p0", "l", None), *FOUR[1:], ("test", "t", "l", None)])
    found = audit(table, halves(table))
    assert found.ok
    assert found.shared.rows() == [("lesion", "l", 1, 1)]
    assert found.notes == (
        "1 lesion in train and in test (1 and 1 images): a score on the test images is too good "
        "by them",
    )


# pairs of copies


def test_pairs_that_cross_are_named_by_kind_and_those_of_other_tables_left_out() -> None:
    table = linked(FOUR)
    pairs = pl.DataFrame(
        {
            "image_id_1": ["i3", "i0", "i0", "i1"],
            "image_id_2": ["i0", "i1", "elsewhere", "i2"],
            "kind": ["near", "near", "exact", "exact"],
        }
    )
    found = audit(table, halves(table), pairs)
    assert found.crossings.rows() == [
        ("exact pair", "i1 & i2", [0, 1], 2, "between folds"),
        ("near pair", "i0 & i3", [0, 1], 2, "between folds"),
    ]
    assert found.checked == ("patient", "exact pair", "near pair")
    assert found.notes == ("1 pair with images of other tables: only chains count them",)


def test_two_copies_of_an_image_of_another_table_are_a_chain() -> None:
    table = linked(FOUR)
    pairs = pl.DataFrame({"image_id_1": ["i0", "x", "y"], "image_id_2": ["x", "i3", "i1"]})
    found = audit(table, halves(table), pairs)
    assert found.crossings.select("kind", "folds", "images").rows() == [("chain", [0, 1], 2)]
    assert audit(table, halves(table), pairs.tail(2)).ok


def test_a_pair_that_the_column_of_duplicates_tells_already_is_not_told_again() -> None:
    table = linked([*FOUR[:3], ("train", "p3", None, "d"), ("train", "p4", None, "d")])
    pairs = pl.DataFrame({"image_id_1": ["i3", "i0"], "image_id_2": ["i4", "i1"]})
    frame = pl.DataFrame({"image_id": table.train["image_id"], "fold": [0, 1, 1, 0, 1]})
    found = audit(table, Folds.of(frame, seed=0, method="m"), pairs)
    assert found.crossings.select("kind", "id").rows() == [
        ("duplicate", "d"),
        ("exact pair", "i0 & i1"),
    ]
    assert found.notes == ()


def test_pairs_of_another_table_altogether_are_refused() -> None:
    pairs = pl.DataFrame({"image_id_1": ["a"], "image_id_2": ["b"]})
    with pytest.raises(MelError, match="none of its 1 pairs has an image of table linked"):
        audit(linked(FOUR), halves(linked(FOUR)), pairs)
