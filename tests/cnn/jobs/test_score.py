"""Which pictures scoring needs, and what a fold keeps to rank new scores among."""

from pathlib import Path

import polars as pl
import pytest

from mel.cnn.jobs.score import needed, read_reference
from mel.config import MemberSettings, TtaSettings
from mel.errors import MelError
from mel.files import write_table
from mel.tables import ImageTable


@pytest.fixture
def mixed(table: ImageTable) -> ImageTable:
    """The hand-made table with three external images."""
    outside = table.train.head(3).with_columns(
        pl.concat_str(pl.lit("ext-"), "image_id").alias("image_id"),
        pl.lit("external").alias("split"),
    )
    return ImageTable.of(pl.concat([table.frame, outside]), "mixed")


@pytest.mark.parametrize("sizes", [[], [48], [48, 64]])
def test_external_images_are_needed_at_the_members_own_size_alone(
    mixed: ImageTable, sizes: list[int]
) -> None:
    """They train, at that size, and are never scored."""
    tta = TtaSettings(sizes=sizes)
    found = needed(mixed, MemberSettings(backbone="x", size=32, tta=tta))
    assert set(found) == {32, *sizes}
    assert found[32].height == mixed.frame.height
    for size in set(sizes) - {32}:
        assert found[size].height == mixed.frame.height - 3


def test_held_out_logits_are_read_by_kind_of_view_as_they_were_written(tmp_path: Path) -> None:
    kinds = {"whole 32": [-1.0, 0.5, 2.0], "corner 48": [-3.0, 4.0]}
    parts = [pl.DataFrame({"view": kind, "logit": values}) for kind, values in kinds.items()]
    write_table(tmp_path / "r.parquet", pl.concat(parts), {"kind": "reference"})
    found = read_reference(tmp_path / "r.parquet")
    assert {kind: values.tolist() for kind, values in found.items()} == kinds
    write_table(tmp_path / "s.parquet", pl.DataFrame({"x": [1]}), {"kind": "reference"})
    with pytest.raises(MelError, match="score the fold again"):
        read_reference(tmp_path / "s.parquet")
