"""Every kind of feature says what it counts and why it leaks nothing."""

from typing import get_args

from mel.tabular import describe
from mel.tabular.features.listing import AnyFeature


def test_every_kind_of_feature_is_described():
    kinds = get_args(get_args(AnyFeature)[0])
    found = {one.feature: one for one in describe()}
    assert set(found) == {kind.model_fields["kind"].default for kind in kinds}
    assert all(one.unit and one.leak and one.columns for one in found.values())
    assert {name for name, one in found.items() if one.variants == "context"} == {
        "patient",
        "context",
    }
    assert "clinic" in found["shortcut"].leak
