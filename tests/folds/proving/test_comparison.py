"""A map stands beside scikit-learn's plain ones, measured alike."""

from collections.abc import Callable

import polars as pl
import pytest

from mel.folds import audit, compare
from mel.tables import Folds, ImageTable

MAPS = [
    *("this map", "KFold by row", "StratifiedKFold by row"),
    *("GroupKFold", "StratifiedGroupKFold"),
]


def test_maps_by_row_part_patients_and_maps_by_group_do_not(
    table: ImageTable, folds: Folds
) -> None:
    found = compare(table, folds)
    assert found["map"].to_list() == MAPS
    assert found["patients"].to_list()[0] == 0
    assert found["patients"].to_list()[1] > 10
    assert found["patients"].to_list()[2] > 10
    assert found["patients"].to_list()[3:] == [0, 0]
    assert (found["rows_min"] <= 15).all()
    assert (found["rows_max"] >= 15).all()


def test_the_map_itself_has_the_figures_of_its_audit(table: ImageTable, folds: Folds) -> None:
    found, row = audit(table, folds), compare(table, folds).row(0, named=True)
    assert (row["median"], row["largest"]) == found.deviation
    assert row["positives_min"] == found.counts["positives"].min()
    assert row["rows_max"] == found.counts["rows"].max()
    assert audit(table, folds, compare=True).comparison is not None
    assert found.comparison is None


def test_the_order_of_the_rows_changes_no_figure(table: ImageTable, folds: Folds) -> None:
    shuffled = ImageTable(table.frame.sample(fraction=1, shuffle=True, seed=1), table.name)
    assert compare(shuffled, folds).equals(compare(table, folds))


def test_one_that_cannot_be_made_has_no_figures(
    make_table: Callable[..., ImageTable],
) -> None:
    """Two patients cannot be three groups, but six rows can be three folds."""
    table = make_table([("p", None, None, n % 2) for n in range(5)] + [("q", None, None, 1)])
    frame = table.train.select("image_id", fold=pl.int_range(pl.len()) % 3)
    found = compare(table, Folds.of(frame, seed=0, method="by row"))
    assert found["rows_max"].is_null().to_list() == [False, False, False, True, True]


def test_barred_images_of_the_map_itself_are_no_crossing(table: ImageTable) -> None:
    by_row = table.train.select("image_id", fold=pl.int_range(pl.len()) % 3)
    other = pl.concat(by_row.with_columns(fold=(pl.col("fold") + n) % 3) for n in (1, 2))
    barred = Folds.of(by_row, seed=0, method="by row", barred=other)
    plain = Folds.of(by_row, seed=0, method="by row")
    assert compare(table, barred)["patients"][0] == 0
    assert compare(table, plain)["patients"][0] > 0


@pytest.mark.parametrize(
    ("name", "positives", "rows"),
    [("cp_1", (114, 119), (6598, 6706)), ("gao_b1", (105, 139), (6095, 7353))],
)
def test_the_public_maps_of_2020_beside_row_by_row(
    siim: ImageTable,
    foreign: Callable[[str], Folds],
    name: str,
    positives: tuple[int, int],
    rows: tuple[int, int],
) -> None:
    found = compare(siim, foreign(name))
    mine, by_row = found.row(0, named=True), found.row(1, named=True)
    assert (mine["patients"], mine["duplicates"]) == (0, 0)
    assert (mine["positives_min"], mine["positives_max"]) == positives
    assert (mine["rows_min"], mine["rows_max"]) == rows
    assert by_row["patients"] > 1900
    assert by_row["duplicates"] > 300
