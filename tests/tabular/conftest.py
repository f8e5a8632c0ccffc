"""A quick stack on the hand-made table."""

import pytest

from mel.config import TabularSettings


@pytest.fixture
def settings() -> TabularSettings:
    """Few rounds, and leaves small enough for sixty images."""
    return TabularSettings(rounds=12, learning_rate=0.2, min_data_in_leaf=3, lambda_l2=0.1, seeds=1)


@pytest.fixture
def two(member):
    """Two members' out-of-fold and test scores."""
    pairs = [member("a", strength=1.5), member("b", strength=0.5, seed=1)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]
