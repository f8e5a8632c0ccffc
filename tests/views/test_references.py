"""What a fold keeps to rank new scores among."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mel.errors import MelError
from mel.files import write_table
from mel.views import read_reference, write_reference


def test_held_out_logits_are_read_by_kind_of_view_as_they_were_written(tmp_path: Path) -> None:
    kinds = {"whole 32": np.array([-1.0, 0.5, 2.0]), "corner 48": np.array([-3.0, 4.0])}
    write_reference(tmp_path / "r.parquet", kinds, {"name": "a"})
    found = read_reference(tmp_path / "r.parquet")
    assert list(found) == list(kinds)
    assert all((found[kind] == kinds[kind]).all() for kind in kinds)
    write_table(tmp_path / "s.parquet", pl.DataFrame({"x": [1]}), {"kind": "reference"})
    with pytest.raises(MelError, match="score the fold again"):
        read_reference(tmp_path / "s.parquet")
