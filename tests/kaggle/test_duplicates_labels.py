"""Labels are connected components; dropping keeps one of each and never touches a test row."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mel.errors import MelError
from mel.kaggle.duplicates import conflicts, drop, label

_NAMES = [f"i{number:02d}" for number in range(12)]
_SPLITS = ("train", "test", "external")


def _pairs(rows: list[tuple[str, str]]) -> pl.DataFrame:
    return pl.DataFrame(rows, ["image_id_1", "image_id_2"], orient="row").cast(pl.String)


def _spread(pairs: list[tuple[str, str]], own: dict[str, str]) -> dict[str, str]:
    """Find components the slow way: smaller names spread along every link until nothing moves."""
    links = [*pairs, *((a, b) for a in own for b in own if own[a] == own[b])]
    found = {name: name for pair in links for name in pair}
    moved = True
    while moved:
        moved = False
        for one, other in links:
            low = min(found[one], found[other])
            moved |= found[one] != low or found[other] != low
            found[one] = found[other] = low
    return found


_links = st.lists(st.tuples(st.sampled_from(_NAMES), st.sampled_from(_NAMES)), max_size=10)
_own = st.dictionaries(st.sampled_from(_NAMES), st.sampled_from("xyz"))


@given(_links, _own, st.permutations(_NAMES))
def test_a_label_is_the_smallest_image_that_a_chain_leads_to(pairs, own, order) -> None:
    frame = pl.DataFrame({"image_id": order, "duplicate_id": [own.get(name) for name in order]})
    found = label(frame.cast(pl.String), _pairs(pairs))
    expected = _spread(pairs, own)
    assert found["image_id"].to_list() == list(order)
    assert dict(found.rows()) == {name: expected.get(name) for name in order}


def test_a_missing_word_links_nothing() -> None:
    frame = pl.DataFrame({"image_id": ["a", "b"], "duplicate_id": ["unknown", "unknown"]})
    assert label(frame, _pairs([]))["duplicate_id"].to_list() == [None, None]


def test_an_empty_table_and_one_without_pairs_get_the_column() -> None:
    assert label(pl.DataFrame(schema={"image_id": pl.String}), _pairs([])).columns == [
        "image_id",
        "duplicate_id",
    ]
    assert label(pl.DataFrame({"image_id": ["a"]}), _pairs([])).rows() == [("a", None)]


def test_a_pair_of_an_unknown_image_is_refused() -> None:
    with pytest.raises(MelError, match=r"image 'x' is none of the table's .1 such"):
        label(pl.DataFrame({"image_id": ["a"]}), _pairs([("a", "x")]))


@st.composite
def _tables(draw) -> pl.DataFrame:
    rows = [
        {
            "image_id": name,
            "split": (split := draw(st.sampled_from(_SPLITS))),
            "target": None if split == "test" else draw(st.integers(0, 1)),
            "duplicate_id": draw(st.sampled_from(["g1", "g2", "g3", None])),
        }
        for name in draw(st.permutations(_NAMES))
    ]
    schema = {"image_id": pl.String, "split": pl.String, "target": pl.Int8}
    return pl.DataFrame(rows, {**schema, "duplicate_id": pl.String})


@given(_tables())
def test_one_of_each_group_stays_the_best_placed_and_every_test_row(frame: pl.DataFrame) -> None:
    kept, dropped = drop(frame)
    assert sorted([*kept["image_id"], *dropped["image_id"]]) == _NAMES
    assert kept.equals(frame.filter(pl.col("image_id").is_in(kept["image_id"].implode())))
    assert "test" not in dropped["split"]
    for (group,), rows in frame.drop_nulls("duplicate_id").group_by("duplicate_id"):
        best = next(split for split in ("test", "train", "external") if split in rows["split"])
        left = kept.filter(pl.col("duplicate_id") == group)
        assert set(left["split"]) == {best}
        assert left.height == (rows["split"] == "test").sum() or left.height == 1
        assert left["image_id"].min() == rows.filter(pl.col("split") == best)["image_id"].min()


@given(_tables())
def test_a_conflict_is_a_group_with_both_targets_dropped_or_not(frame: pl.DataFrame) -> None:
    listed = conflicts(frame)
    groups = frame.drop_nulls("duplicate_id").group_by("duplicate_id")
    both = {group for (group,), rows in groups if {0, 1} <= set(rows["target"])}
    assert set(listed["duplicate_id"]) == both
    dropped = drop(frame)[1]
    assert set(dropped.filter("conflict")["duplicate_id"]) <= both
    assert not set(dropped.filter(~pl.col("conflict"))["duplicate_id"]) & both


def test_the_reason_names_the_copy_that_stayed() -> None:
    frame = pl.DataFrame(
        {
            "image_id": ["a", "b", "c"],
            "split": ["external", "train", "test"],
            "target": [1, 1, None],
            "duplicate_id": ["a", "a", "a"],
        }
    )
    assert drop(frame)[1].select("image_id", "kept_id", "reason").rows() == [
        ("a", "c", "external copy of test image c"),
        ("b", "c", "train copy of test image c"),
    ]


def test_a_table_without_labels_is_refused() -> None:
    with pytest.raises(MelError, match="no column 'duplicate_id'"):
        drop(pl.DataFrame({"image_id": ["a"], "split": ["train"], "target": [0]}))
