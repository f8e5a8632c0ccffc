"""Each learner by the one interface: the same bits alone, stored as numbers, fair to missing."""

import numpy as np
import pytest
from pydantic import ValidationError

from mel.config import TabularSettings
from mel.errors import MelError
from mel.tabular.features import Matrix
from mel.tabular.learners import LEARNERS, weights_of
from mel.tabular.learners.base import expanded
from mel.tabular.learners.histogram import estimator
from mel.tabular.learners.library import Trees, library
from mel.tabular.learners.trees import Tree

SETTINGS = TabularSettings(
    learners=["lightgbm", "logistic", "histogram"],
    rounds=30,
    min_data_in_leaf=20,
    histogram={"rounds": 30, "min_data_in_leaf": 20},
)


def _matrix(rows: int = 600, seed: int = 0) -> Matrix:
    """Two numbers, a word of three, a number that is often missing; the first rises."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(rows, 4))
    values[:, 2] = rng.integers(0, 3, rows)
    values[rng.random(rows) < 0.1, 2] = np.nan
    values[rng.random(rows) < 0.3, 3] = np.nan
    return Matrix(values, ("a", "b", "word", "often missing"), {2: 3}, (0,))


MATRIX = _matrix()
_ODDS = MATRIX.values[:, 0] + 1.5 * (MATRIX.values[:, 2] == 1) - np.isnan(MATRIX.values[:, 3]) - 2
TARGET = (np.random.default_rng(1).random(600) < 1 / (1 + np.exp(-_ODDS))).astype(float)


@pytest.fixture(scope="module")
def models():
    return {
        name: one.fit(MATRIX, TARGET, np.ones(600), SETTINGS, 0) for name, one in LEARNERS.items()
    }


@pytest.mark.parametrize("name", LEARNERS)
def test_a_model_read_again_gives_the_same_bits_and_one_row_alone_as_well(models, name):
    model = models[name]
    again = type(model).model_validate_json(model.model_dump_json())
    batch = model.log_odds(MATRIX)
    np.testing.assert_array_equal(again.log_odds(MATRIX), batch)
    for row in range(0, 600, 41):
        assert again.log_odds(MATRIX[np.array([row])])[0] == batch[row]
    assert model.log_odds(MATRIX[np.array([], int)]).shape == (0,)


@pytest.mark.parametrize("name", LEARNERS)
def test_the_same_input_gives_the_same_model_and_its_odds_are_calibrated(models, name):
    again = LEARNERS[name].fit(MATRIX, TARGET, np.ones(600), SETTINGS, 0)
    assert again == models[name]
    chance = 1 / (1 + np.exp(-models[name].log_odds(MATRIX)))
    assert chance.mean() == pytest.approx(TARGET.mean(), abs=0.02)
    assert chance[_ODDS > 0].mean() > 1.5 * chance[_ODDS < 0].mean()


@pytest.mark.parametrize("name", LEARNERS)
def test_a_weight_of_positives_is_taken_back_by_its_logarithm(models, name):
    heavy = LEARNERS[name].fit(MATRIX, TARGET, weights_of(TARGET, 4.0), SETTINGS, 0)
    chance = 1 / (1 + np.exp(np.log(4.0) - heavy.log_odds(MATRIX)))
    assert chance.mean() == pytest.approx(TARGET.mean(), abs=0.04)


@pytest.mark.parametrize("name", ["lightgbm", "logistic"])
def test_contributions_add_up_to_the_log_odds(models, name):
    model = models[name]
    found = model.contributions(MATRIX)
    assert found.shape == MATRIX.values.shape
    base = model.log_odds(MATRIX) - found.sum(axis=1)
    np.testing.assert_allclose(base, base[0], atol=1e-9)
    assert models["histogram"].contributions(MATRIX) is None
    assert models["histogram"].gain(4) is models["logistic"].gain(4) is None


def test_logistic_regression_is_scikit_learns():
    from sklearn.linear_model import LogisticRegression

    columns = np.column_stack([expanded(MATRIX.values, {2: 3}), np.isnan(MATRIX.values[:, 3])])
    scaled = np.nan_to_num((columns - np.nanmean(columns, axis=0)) / np.nanstd(columns, axis=0))
    c = SETTINGS.logistic.c
    for weight in (np.ones(600), weights_of(TARGET, 4.0)):
        theirs = LogisticRegression(C=c, tol=1e-10, max_iter=10_000)
        theirs.fit(scaled, TARGET, sample_weight=weight)
        ours = LEARNERS["logistic"].fit(MATRIX, TARGET, weight, SETTINGS, 0)
        np.testing.assert_allclose(ours.weight, theirs.coef_[0], atol=1e-5)
        np.testing.assert_allclose(
            ours.log_odds(MATRIX), theirs.decision_function(scaled), atol=1e-5
        )


def test_replayed_trees_are_scikit_learns_to_the_bit(models):
    columns = expanded(MATRIX.values, MATRIX.levels)
    theirs = estimator(SETTINGS, 0).fit(columns, TARGET, sample_weight=np.ones(600))
    for seed in range(3):
        other = _matrix(200, seed)
        expected = theirs.decision_function(expanded(other.values, other.levels))
        np.testing.assert_array_equal(models["histogram"].log_odds(other), expected)


def test_a_constant_column_and_one_that_is_missing_everywhere_do_no_harm():
    values = MATRIX.values.copy()
    values[:, 1], values[:, 3] = 0.1, np.nan
    bare = Matrix(values, MATRIX.titles, MATRIX.levels, MATRIX.rises)
    for learner in LEARNERS.values():
        found = learner.fit(bare, TARGET, np.ones(600), SETTINGS, 0).log_odds(bare)
        assert np.isfinite(found).all()
        assert found.std() > 0.1


def test_a_monotone_member_never_lowers_a_tree():
    settings = SETTINGS.model_copy(update={"monotone": True})
    flipped = 1 - TARGET  # the data say the opposite
    model = LEARNERS["lightgbm"].fit(MATRIX, flipped, np.ones(600), settings, 0)
    plain = LEARNERS["lightgbm"].fit(MATRIX, flipped, np.ones(600), SETTINGS, 0)
    higher = MATRIX[np.arange(600)]
    higher.values[:, 0] += 1.0
    assert (model.log_odds(higher) >= model.log_odds(MATRIX)).all()
    assert not (plain.log_odds(higher) >= plain.log_odds(MATRIX)).all()


@pytest.mark.parametrize("left", [0, 3])
def test_a_tree_that_would_not_end_is_refused(left):
    """Whatever a file says: a node's child must come after it, and be there."""
    lists = {"threshold": [0.0, None, None], "missing_left": [True] * 3, "value": [0.0] * 3}
    with pytest.raises(ValidationError, match="do not fit together"):
        Tree(feature=[0, -1, -1], left=[left, 0, 0], right=[2, 0, 0], **lists)


def test_lightgbms_library_alone_gives_the_bits_of_its_package(models):
    model = models["lightgbm"]
    assert model.trees is not None
    wanted = model.booster.predict(MATRIX.values, raw_score=True, num_threads=1)
    np.testing.assert_array_equal(model.trees.raw(MATRIX.values), wanted)


def test_without_the_library_the_package_scores(models, monkeypatch):
    monkeypatch.setattr("mel.tabular.learners.boosting.library", lambda: None)
    again = type(models["lightgbm"]).model_validate_json(models["lightgbm"].model_dump_json())
    assert again.trees is None
    wanted = models["lightgbm"].log_odds(MATRIX)
    np.testing.assert_array_equal(again.log_odds(MATRIX), wanted)


def test_a_text_that_is_no_model_is_refused_in_a_line():
    with pytest.raises(MelError, match=r"LightGBM: .*train the stack again"):
        Trees("tree\n", library())
