"""Several sources become one table: no picture twice, no linked images on both sides."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mel.config import DataSettings
from mel.errors import MelError
from mel.kaggle.joining import hold_out, stack


def _source(name: str, split: str, ids: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"image_id": ids, "split": split, "source": name, "target": 0})


def _settings(fraction: float, seed: int = 0) -> DataSettings:
    return DataSettings(adapter="ham10000", test_fraction=fraction, seed=seed)


@given(st.lists(st.lists(st.integers(0, 12), unique=True), min_size=1, max_size=4))
def test_each_picture_stays_once_with_its_first_source(numbers) -> None:
    frames = [
        _source(f"s{k}", "external" if k else "train", [f"ISIC_{n}" for n in some])
        for k, some in enumerate(numbers)
    ]
    frames = [frame.cast(pl.String) for frame in frames]
    kept, left_out = stack(frames)
    assert kept["image_id"].to_list() == sorted({f"ISIC_{n}" for some in numbers for n in some})
    assert kept.height + left_out.height == sum(map(len, numbers))
    for name, source in kept["image_id", "source"].iter_rows():
        first = next(k for k, some in enumerate(numbers) if int(name[5:]) in some)
        assert source == f"s{first}"
    assert set(left_out["kept_id"]) <= set(kept["image_id"])


def test_what_is_left_out_says_why() -> None:
    main = pl.concat([_source("main", "train", ["a"]), _source("main", "test", ["b"])])
    other = _source("other", "external", ["a", "b", "c"])
    third = _source("third", "external", ["c"])
    kept, left_out = stack([main, other, third])
    assert kept["image_id", "source"].rows() == [("a", "main"), ("b", "main"), ("c", "other")]
    assert left_out.rows() == [
        ("a", "other", "is also in main", "a"),
        ("b", "other", "is a test image of main", "b"),
        ("c", "third", "is also in other", "c"),
    ]


@pytest.mark.parametrize("name", ["ISIC_7_downsampled", "ISIC_7.jpg", "ISIC_7.JPEG"])
def test_an_id_for_a_smaller_file_is_the_same_picture(name: str) -> None:
    kept, left_out = stack([_source("main", "test", ["ISIC_7"]), _source("x", "external", [name])])
    assert kept["image_id"].to_list() == ["ISIC_7"]
    assert left_out.rows() == [(name, "x", "is a test image of main", "ISIC_7")]


def test_what_is_left_out_with_another_target_is_told_apart() -> None:
    other = _source("other", "external", ["a", "b"]).with_columns(
        target=pl.Series([0, 1], dtype=pl.Int32)
    )
    _, left_out = stack([_source("main", "train", ["a", "b"]), other])
    assert left_out["reason"].to_list() == [
        "is also in main",
        "is also in main, with another target",
    ]


def test_two_such_ids_within_one_source_both_stay() -> None:
    """A source alone is never thinned out: its own table is taken as it is."""
    kept, left_out = stack([_source("main", "train", ["ISIC_7", "ISIC_7_downsampled"])])
    assert (kept.height, left_out.height) == (2, 0)


_ROW = st.tuples(st.integers(0, 25), st.integers(0, 25), st.integers(0, 1), st.booleans())


def _linked(rows) -> pl.DataFrame:
    """A frame of rows (patient, copy, target, external); a copy below 12 is none."""
    return pl.DataFrame(
        {
            "image_id": [f"i{k:03}" for k in range(len(rows))],
            "patient_id": [f"p{patient:02}" for patient, *_ in rows],
            "duplicate_id": [f"d{copy}" if copy >= 12 else None for _, copy, *_ in rows],
            "target": [target for *_, target, _ in rows],
            "diagnosis": ["nevus"] * len(rows),
            "split": ["external" if external else "train" for *_, external in rows],
        },
        schema_overrides={"duplicate_id": pl.String},
    )


@given(st.lists(_ROW, min_size=1, max_size=80), st.floats(0.05, 0.9), st.integers(0, 50))
def test_nothing_linked_is_held_out_apart(rows, fraction, seed) -> None:
    frame = _linked(rows)
    settings = _settings(fraction, seed)
    try:
        after, solution = hold_out(frame, settings)
    except MelError:  # a side would have no positives, or nothing else
        return
    assert solution is not None
    for column in ("patient_id", "duplicate_id"):
        own = after.filter(pl.col("split") != "external").drop_nulls(column)
        assert set(own.group_by(column).agg(pl.col("split").n_unique())["split"]) <= {1}
    test = after.filter(split="test")
    assert test["target"].null_count() == test["diagnosis"].null_count() == test.height
    truth = dict(frame["image_id", "target"].iter_rows())
    assert dict(solution.iter_rows()) == {name: truth[name] for name in test["image_id"]}
    again, _ = hold_out(frame.reverse(), settings)
    assert again.sort("image_id").equals(after)
    assert after.filter(split="external").height == frame.filter(split="external").height


@given(
    st.lists(st.integers(0, 1), min_size=4, max_size=60),
    st.floats(0.05, 0.9),
    st.integers(0, 100),
)
def test_the_share_held_out_is_that_of_the_groups_in_each_class(targets, fraction, seed) -> None:
    frame = _linked([(k, 0, target, False) for k, target in enumerate(targets)])
    frame = frame.with_columns(patient_id=pl.format("p{}", pl.int_range(pl.len())))
    wanted = {target: round(fraction * targets.count(target)) for target in (0, 1)}
    possible = all(0 < wanted[target] < targets.count(target) for target in (0, 1))
    if not possible:
        with pytest.raises(MelError, match="leaves a side without positives"):
            hold_out(frame, _settings(fraction, seed))
        return
    _, solution = hold_out(frame, _settings(fraction, seed))
    assert solution is not None
    assert dict(solution["target"].value_counts().iter_rows()) == wanted


def test_which_groups_are_held_out_does_not_hang_on_the_order_of_many_rows() -> None:
    frame = _linked([(k, 0, k % 2, False) for k in range(3_000)])
    frame = frame.with_columns(patient_id=pl.format("p{}", pl.int_range(pl.len())))
    one, other = (
        hold_out(frame.sample(fraction=1, shuffle=True, seed=seed), _settings(0.2))[1]
        for seed in (1, 2)
    )
    assert one is not None
    assert other is not None
    assert one.equals(other)


def test_a_link_through_another_source_counts() -> None:
    """Image a is a copy of external e, whose lesion is that of image z: a and z stay together."""
    rows = [(k, 0, k % 2, False) for k in range(20)]
    frame = _linked([*rows, (40, 0, 0, True)])
    frame = frame.with_columns(
        duplicate_id=pl.when(pl.col("image_id").is_in(["i000", "i020"])).then(pl.lit("copy")),
        lesion_id=pl.when(pl.col("image_id").is_in(["i001", "i020"])).then(pl.lit("lesion")),
    )
    for seed in range(10):
        after, _ = hold_out(frame, _settings(0.4, seed))
        sides = after.filter(pl.col("image_id").is_in(["i000", "i001"]))["split"]
        assert sides.n_unique() == 1


def test_nothing_is_held_out_unless_asked_for() -> None:
    frame = _linked([(k, 0, k % 2, False) for k in range(4)])
    after, solution = hold_out(frame, DataSettings(adapter="isic2019"))
    assert after.equals(frame)
    assert solution is None


def test_an_unknown_id_links_nothing(tmp_path: Path) -> None:
    frame = _linked([(k, 0, k % 2, False) for k in range(20)])
    frame = frame.with_columns(lesion_id=pl.lit("unknown"))
    after, _ = hold_out(frame, _settings(0.5))
    assert after.filter(split="test").height == 10
