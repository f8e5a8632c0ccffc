"""All learners of a fold together: their probabilities are as high as positives are frequent."""

import numpy as np
import pytest

from mel.config import TabularSettings
from mel.tabular.fitting import fit_fold
from mel.tabular.joining import Joined
from mel.tabular.learners import LightGbm


@pytest.fixture
def joined(table, folds, two):
    """The table with two members, ready to fit on."""
    return Joined.of(table, folds, *two)


@pytest.mark.parametrize("weight", [1.0, 50.0])
def test_the_mean_probability_is_the_share_of_positives_whatever_one_counted(joined, weight):
    settings = TabularSettings(
        learners=["lightgbm", "logistic", "histogram"],
        positive_weight=weight,
        rounds=8,
        min_data_in_leaf=3,
        seeds=1,
        histogram={"rounds": 4, "min_data_in_leaf": 3},
    )
    plan = joined.plan(settings, "context")
    model, train = fit_fold(plan, 0), plan.free_of(0)
    found = model.probability(plan.features, plan.rows, train)
    assert found.mean() == pytest.approx(plan.target[train].mean(), abs=1e-7)
    assert found[plan.target[train] == 1].mean() > 1.5 * found.mean()
    whole = model.probability(plan.features, plan.rows)
    np.testing.assert_array_equal(whole[train], found)


def test_rounds_are_chosen_with_the_weights_that_are_fitted_with(joined, monkeypatch):
    seen = []

    def losses(self, train, held, settings):
        seen.extend([set(train[2]), set(held[2])])
        return np.array([2.0, 1.0, 3.0])

    monkeypatch.setattr(LightGbm, "losses", losses)
    settings = TabularSettings(
        learners=["lightgbm"], rounds=3, choose_rounds=True, seeds=1, positive_weight=7.0
    )
    model = fit_fold(joined.plan(settings, "single"), 1)
    assert model.chosen == {"lightgbm": {"rounds": 2}}
    assert len(seen) == 6
    assert all(weights == {1.0, 7.0} for weights in seen)
