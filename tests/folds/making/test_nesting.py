"""An inner hold-out is parted from what trains a fold, by group, and stays what it was written."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, reject
from hypothesis import settings as effort
from hypothesis import strategies as st

from mel.config import FoldsSettings
from mel.errors import MelError
from mel.files import read_header
from mel.folds import Inner, build, groups, inner
from mel.tables import Folds, ImageTable

EFFORT = effort(max_examples=25, deadline=None)


@EFFORT
@given(data=st.data(), fold=st.integers(0, 2), share=st.floats(0.05, 0.6))
def test_the_parts_make_up_what_trains_the_fold_and_share_no_group(
    tables: st.SearchStrategy[ImageTable], data: st.DataObject, fold: int, share: float
) -> None:
    table = data.draw(tables)
    try:
        folds = build(table, FoldsSettings(n_folds=3))
        parted = inner(table, folds, fold, share)
    except MelError:
        reject()
    training = set(folds.training(table, fold)["image_id"])
    assert set(parted.train) | set(parted.held_out) == training
    assert not set(parted.train) & set(parted.held_out)
    group = dict(groups(table.frame).iter_rows())
    assert not {group[i] for i in parted.train} & {group[i] for i in parted.held_out}
    target = dict(table.train.select("image_id", "target").iter_rows())
    for part in (parted.train, parted.held_out):
        assert {target[image] for image in part} == {0, 1}


def test_the_hold_out_of_the_real_table_is_a_tenth_of_everything(siim: ImageTable) -> None:
    folds = build(siim)
    parted = inner(siim, folds, 2)
    training = folds.training(siim, 2)
    held = training.filter(pl.col("image_id").is_in(parted.held_out))
    for what in (
        pl.len(),
        pl.col("target").sum(),
        pl.col("patient_id").n_unique(),
        (pl.col("sex") == "female").sum(),
        (pl.col("site") == "torso").sum(),
        (pl.col("age") >= 60).sum(),
    ):
        share = held.select(what).item() / training.select(what).item()
        assert share == pytest.approx(0.1, rel=0.02)


@pytest.fixture
def crowded(make_table: Callable[..., ImageTable]) -> ImageTable:
    """Thirty patients of two images; each third has an external copy, e9 a copy of a test image."""
    rows = [(f"p{n // 2:02d}", None, f"d{n}", n % 2) for n in range(60)]
    table = make_table([*rows, ("t0", None, "dt", 0)])
    copies = pl.DataFrame(
        {
            "image_id": [f"x{n:02d}" for n in range(11)],
            "patient_id": [f"e{n:02d}" for n in range(11)],
            "duplicate_id": [*(f"d{6 * n}" for n in range(9)), "dt", None],
            "target": pl.Series([0] * 11, dtype=pl.Int8),
            "split": ["external"] * 11,
            "path": ["elsewhere.jpg"] * 11,
            "source": ["other"] * 11,
        }
    )
    return ImageTable.of(pl.concat([table.frame, copies], how="diagonal"), "crowded")


def test_external_images_train_unless_their_kin_are_held_out(crowded: ImageTable) -> None:
    folds = build(crowded)
    parted = inner(crowded, folds, 0, 0.3)
    external = set(folds.training(crowded, 0).filter(split="external")["image_id"])
    group = dict(groups(crowded.frame).iter_rows())
    held = {group[image] for image in parted.held_out}
    kept = {image for image in external if group[image] not in held}
    assert external - kept  # the draw has such images
    assert kept == set(parted.train) - set(crowded.train["image_id"])
    assert set(parted.held_out) <= set(crowded.train["image_id"])
    assert "x10" in parted.train
    assert "x09" not in parted.train


def test_what_is_barred_from_a_fold_is_in_neither_part(
    make_table: Callable[..., ImageTable],
) -> None:
    rows = [(f"p{n // 2:02d}", None, None, n // 2 % 2) for n in range(80)]
    frame = make_table(rows).frame.with_columns(
        pl.Series("source", ["a"] * 39 + ["b"] * 41),
    )
    table = ImageTable.of(frame, "barred")
    folds = build(table, FoldsSettings(scheme="held-out", held_out="source"))
    parted = inner(table, folds, 0, 0.2)
    assert folds.barred["image_id"].to_list() == ["i038", "i039"]
    assert "i039" not in {*parted.train, *parted.held_out}
    assert len(parted.train) + len(parted.held_out) == 40


def test_it_is_read_as_it_was_written_and_names_its_folds(
    table: ImageTable, tmp_path: Path
) -> None:
    folds = build(table, FoldsSettings(n_folds=4))
    parted = inner(table, folds, 1, 0.25, seed=6)
    parted.write(path := tmp_path / "inner.parquet")
    again = Inner.read(path)
    assert again.frame.equals(parted.frame)
    assert (again.fold, again.share, again.seed) == (1, 0.25, 6)
    assert again.inputs == {"images": table.digest, "folds": folds.digest}
    assert read_header(path, "inner")["digest"] == parted.digest
    folds.write(tmp_path / "folds.parquet")
    with pytest.raises(MelError, match="holds 'folds', expected 'inner'"):
        Inner.read(tmp_path / "folds.parquet")


def test_other_seeds_hold_out_other_images(table: ImageTable) -> None:
    folds = build(table, FoldsSettings(n_folds=2))
    assert len({inner(table, folds, 0, 0.3, seed).digest for seed in range(5)}) > 1


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5, 0.001, float("nan")])
def test_a_share_that_is_none_is_refused(table: ImageTable, folds: Folds, share: float) -> None:
    with pytest.raises(MelError, match=f"share is {share}; give a number from 0.01 to 0.99"):
        inner(table, folds, 0, share)


def test_a_fold_that_is_not_there_and_folds_of_other_images_are_refused(
    table: ImageTable, folds: Folds
) -> None:
    with pytest.raises(MelError, match="no fold 4; the map has folds 0 to 3"):
        inner(table, folds, 4)
    other = ImageTable.of(table.frame.filter(pl.col("patient_id") != "p00"), "other")
    with pytest.raises(MelError, match="build the folds again"):
        inner(other, folds, 0)


def test_too_few_groups_to_part_are_refused(make_table: Callable[..., ImageTable]) -> None:
    rows = [(f"p{n}", None, None, y) for n in range(2) for y in (0, 1)]
    table = make_table([*rows, ("p2", None, None, 0)])
    folds = build(table, FoldsSettings(n_folds=2))
    with pytest.raises(MelError, match="images that train fold 0: 2 parts need 2 groups"):
        inner(table, folds, 0)
