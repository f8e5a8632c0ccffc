"""Which pictures a member's scoring needs."""

import polars as pl
import pytest

from mel.cnn.jobs.scorers import needed
from mel.config import MemberSettings, TtaSettings
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
