"""External and test images take no part in the balance; nothing linked trains what scores it."""

from collections import defaultdict
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given, reject
from hypothesis import settings as effort
from hypothesis import strategies as st

from mel.config import FoldsSettings
from mel.errors import MelError
from mel.folds import build, groups, inner, repeated, training_counts
from mel.tables import Folds, ImageTable

EFFORT = effort(max_examples=25, deadline=None)
Tables = st.SearchStrategy[ImageTable]
SOURCE = FoldsSettings(scheme="held-out", held_out="source")


@st.composite
def mixed(draw: st.DrawFn, tables: Tables) -> ImageTable:
    """Draw a table in which some patients are external, and images come from three sources."""
    frame = draw(tables).frame
    outside = draw(st.sets(st.sampled_from(["p00", "p01", "p02", "p03", "p04"])))
    external = pl.col("patient_id").is_in(sorted(outside)) & (pl.col("split") == "train")
    sources = draw(st.lists(st.sampled_from("abc"), min_size=frame.height, max_size=frame.height))
    frame = frame.with_columns(
        pl.when(external).then(pl.lit("external")).otherwise(pl.col("split")).alias("split"),
        pl.Series("source", sources),
    )
    core = pl.col("patient_id").str.starts_with("c")
    first = pl.when(pl.col("patient_id") < "c4").then(pl.lit("a")).otherwise(pl.lit("b"))
    frame = frame.with_columns(pl.when(core).then(first).otherwise("source").alias("source"))
    return ImageTable.of(frame, "mixed")


def kin(table: ImageTable) -> dict[str, set[str]]:
    """Every image's group: its own id and those of all that are linked to it."""
    members = defaultdict(set)
    for image, group in groups(table.frame).iter_rows():
        members[group].add(image)
    return {image: members[group] for image, group in groups(table.frame).iter_rows()}


def require_no_leak(table: ImageTable, folds: Folds) -> None:
    linked, tests = kin(table), set(table.test["image_id"])
    for fold in range(folds.n_folds):
        scored = set(folds.scored(table, fold)["image_id"])
        external = set(table.external["image_id"])
        for image in folds.training(table, fold)["image_id"]:
            assert not linked[image] & scored
            assert image not in external or not linked[image] & tests


def made(table: ImageTable, settings: FoldsSettings) -> Folds:
    try:
        return build(table, settings)
    except MelError:
        reject()


@EFFORT
@given(data=st.data(), settings=st.sampled_from([SOURCE, FoldsSettings(n_folds=3)]))
def test_no_image_trains_a_fold_that_scores_its_kin(
    tables: Tables, data: st.DataObject, settings: FoldsSettings
) -> None:
    table = data.draw(mixed(tables))
    folds = made(table, settings)
    folds.matches(table)
    require_no_leak(table, folds)
    assert set(folds.external) == set(table.external["image_id"])


@EFFORT
@given(data=st.data(), settings=st.sampled_from([SOURCE, FoldsSettings(n_folds=3)]))
def test_nothing_is_barred_without_a_reason(
    tables: Tables, data: st.DataObject, settings: FoldsSettings
) -> None:
    table = data.draw(mixed(tables))
    folds = made(table, settings)
    linked, tests = kin(table), set(table.test["image_id"])
    scored = {fold: set(folds.scored(table, fold)["image_id"]) for fold in range(folds.n_folds)}
    for image, fold in folds.barred.iter_rows():
        external = image in folds.external
        assert linked[image] & scored[fold] or (external and linked[image] & tests)


@EFFORT
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_schemes_ignore_row_order(tables: Tables, data: st.DataObject, seed: int) -> None:
    table = data.draw(mixed(tables))
    other = ImageTable(table.frame.sample(fraction=1, shuffle=True, seed=seed), table.name)
    for make in (
        lambda images: build(images, SOURCE).digest,
        lambda images: build(images, FoldsSettings(n_folds=3)).digest,
        lambda images: inner(images, build(images, FoldsSettings(n_folds=3)), 1, 0.3).digest,
    ):
        assert outcome(make, other) == outcome(make, table)


def outcome(make: Callable[[ImageTable], str], table: ImageTable) -> str:
    """Give what is made, or the line with which it is refused."""
    try:
        return make(table)
    except MelError as error:
        return str(error)


def external(*rows: tuple[str, str | None, str | None, int]) -> pl.DataFrame:
    """Rows of external images: patient, lesion, duplicate, target."""
    columns = ["patient_id", "lesion_id", "duplicate_id", "target"]
    return pl.DataFrame(list(rows), schema=columns, orient="row").with_columns(
        pl.format("x{}", pl.int_range(pl.len())).alias("image_id"),
        pl.lit("external").alias("split"),
    )


def with_external(table: ImageTable, more: pl.DataFrame) -> ImageTable:
    frame = pl.concat([table.frame, more.cast({"target": pl.Int8})], how="diagonal")
    filled = frame.with_columns(pl.col("path", "source").fill_null("elsewhere"))
    return ImageTable.of(filled, table.name)


def test_external_and_test_images_do_not_change_the_balance(
    make_table: Callable[..., ImageTable],
) -> None:
    table = make_table([(f"p{n // 2}", None, None, n % 2) for n in range(60)])
    more = external(*((f"e{n // 9}", None, None, 1) for n in range(90)))
    with_both = with_external(table, more)
    folds = build(with_both)
    assert folds.frame.equals(build(table).frame)
    assert folds.barred.is_empty()
    assert len(folds.external) == 90
    assert folds.training(with_both, 0).height == 48 + 90


def test_external_images_are_barred_where_they_have_kin_and_everywhere_with_test_kin(
    make_table: Callable[..., ImageTable],
) -> None:
    """x0 to x2 are a chain to lesion l of patient p0; x3 is a copy of a test image; x4 is free."""
    rows = [("p0", "l", None, 1), ("t0", None, "d", 0)]
    rows += [(f"p{n}", None, None, n % 2) for n in range(1, 20)]
    more = external(
        ("e0", "l", None, 0),
        ("e0", None, "e", 0),
        ("e1", None, "e", 1),
        ("e2", None, "d", 0),
        ("e3", None, None, 1),
    )
    table = with_external(make_table(rows), more)
    folds = build(table, FoldsSettings(n_folds=3))
    home = folds.frame.filter(pl.col("image_id") == "i000")["fold"][0]
    assert folds.barred.rows() == [
        *[(f"x{n}", home) for n in range(3)],
        *[("x3", fold) for fold in range(3)],
    ]


def held_out_table(make_table: Callable[..., ImageTable]) -> ImageTable:
    """Sources a and b of twelve each, c of two, four without a clinic; patient p0 in a and in b."""
    table = make_table([(f"p{n // 2:02d}", None, None, n % 2) for n in range(30)])
    source = ["a"] * 13 + ["b"] * 13 + ["c"] * 4
    clinic = ["x"] * 12 + ["y"] * 14 + [None] * 4
    return ImageTable.of(
        table.frame.with_columns(pl.Series("source", source), pl.Series("clinic", clinic)),
        "held",
    )


def test_each_source_is_scored_by_what_the_others_train(
    make_table: Callable[..., ImageTable],
) -> None:
    """Twelve of a patient p06 lie in a and in b: neither may train the other's fold."""
    frame = held_out_table(make_table).frame
    frame = frame.with_columns(
        pl.when(pl.col("source") == "c").then(pl.lit("b")).otherwise("source").alias("source")
    )
    table = ImageTable.of(frame, "held")
    folds = build(table, SOURCE)
    assert folds.method == "held-out by source: 0 a, 1 b"
    assert folds.scored(table, 0)["source"].unique().to_list() == ["a"]
    assert folds.barred.rows() == [("i012", 1), ("i013", 0)]
    assert training_counts(table, folds).to_dicts() == [
        {
            "fold": 0,
            "scored": 13,
            "positives": 6,
            "trains": 16,
            "train_positives": 8,
            "external": 0,
            "barred": 1,
        },
        {
            "fold": 1,
            "scored": 17,
            "positives": 9,
            "trains": 12,
            "train_positives": 6,
            "external": 0,
            "barred": 1,
        },
    ]


def test_values_too_small_to_score_share_the_last_fold_with_the_next_smallest(
    make_table: Callable[..., ImageTable],
) -> None:
    table = held_out_table(make_table)
    settings = FoldsSettings(scheme="held-out", held_out="clinic")
    assert build(table, settings).method == "held-out by clinic: 0 y, 1 x + missing"
    frame = table.frame.with_columns(pl.col("clinic").replace({"y": None}))
    with pytest.raises(MelError) as caught:
        build(ImageTable.of(frame.filter(pl.col("source") != "b"), "held"), settings)
    assert str(caught.value) == (
        "held: holding out by 'clinic' needs two values with at least 5 positives and 5 negatives; "
        "positives found: missing 2, x 6"
    )


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("sorce", "no column 'sorce' to hold out by; did you mean 'source'"),
        ("target", "no column 'target' to hold out by"),
        ("age", "'age' holds Float64, which has no names"),
        ("sex", "holding out by 'sex' needs two values"),
    ],
)
def test_a_column_that_nothing_can_be_held_out_by_is_refused(
    make_table: Callable[..., ImageTable], column: str, message: str
) -> None:
    table = held_out_table(make_table)
    with pytest.raises(MelError, match=message):
        build(table, FoldsSettings(scheme="held-out", held_out=column))


def test_a_value_whose_kin_are_all_of_the_rest_is_refused(
    make_table: Callable[..., ImageTable],
) -> None:
    rows = [(f"p{n // 4}", None, None, n // 2 % 2) for n in range(40)]
    frame = make_table(rows).frame.with_columns(pl.Series("source", ["a", "b"] * 20))
    with pytest.raises(MelError, match="fold 0 by 'source' has 0 images to train on"):
        build(ImageTable.of(frame, "held"), SOURCE)


def test_every_seed_gives_its_own_map_the_one_that_build_gives(table: ImageTable) -> None:
    settings = FoldsSettings(n_folds=4, seed=9)
    maps = repeated(table, settings, [5, 0, 3])
    assert list(maps) == [5, 0, 3]
    for seed, folds in maps.items():
        alone = build(table, FoldsSettings(n_folds=4, seed=seed))
        assert (folds.digest, folds.seed, folds.inputs) == (alone.digest, seed, alone.inputs)
    assert len({folds.digest for folds in maps.values()}) == 3


def test_no_seed_changes_what_is_held_out_by_a_column(table: ImageTable) -> None:
    with pytest.raises(MelError, match="no seed changes the scheme held-out"):
        repeated(table, SOURCE)
