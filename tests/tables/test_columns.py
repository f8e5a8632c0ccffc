"""A table has no column that would be taken for one that is joined to it later."""

import polars as pl
import pytest

from mel.errors import MelError
from mel.tables import Folds, ImageTable


@pytest.mark.parametrize("name", ["fold", "group", "inner", "own"])
def test_a_column_that_folds_would_be_mistaken_for_is_refused(name: str, table: ImageTable) -> None:
    """With a column called group, folds would be built of these groups and part patients."""
    frame = table.frame.with_columns(pl.lit(0).alias(name))
    with pytest.raises(MelError, match=f"column '{name}' would be taken for one that mel makes"):
        ImageTable.of(frame, "toy")


def test_a_table_never_has_the_columns_that_folds_add(table: ImageTable, folds: Folds) -> None:
    assert set(folds.training(table, 0).columns) - set(table.frame.columns) == {"fold"}
    with pytest.raises(MelError, match="would be taken for one that mel makes"):
        ImageTable.of(folds.training(table, 0), "toy")
