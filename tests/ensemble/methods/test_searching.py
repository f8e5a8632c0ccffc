"""What each method that searches finds, by formulas of other libraries."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from mel.config import EnsembleSettings
from mel.ensemble.methods import Choice, choose
from mel.ensemble.methods.means import EXPONENTS
from mel.ensemble.mixing import combine
from mel.metrics import auc, partial_auc

IMAGES = 400


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(3)
    target = (draw.random(IMAGES) < 0.2).astype(float)
    shared = draw.normal(size=IMAGES)
    noise = np.array([0.6, 0.9, 1.2, 2.0])[:, None] * draw.normal(size=(4, IMAGES))
    return np.vstack([1.2 * target + noise + 0.8 * shared, shared]), target


def blended(scores: np.ndarray, choice: Choice) -> np.ndarray:
    references = list(np.sort(scores, axis=1))
    return combine(list(scores), references, choice.weights, choice.scale, choice.spread)


SEARCHES = [
    EnsembleSettings(),
    EnsembleSettings(method="hill"),
    EnsembleSettings(method="hill", negative=True),
    EnsembleSettings(method="coordinate"),
    EnsembleSettings(method="coordinate", negative=True),
]
NAMES = [f"{how.method}, negative {how.negative}" for how in SEARCHES]


@pytest.mark.parametrize("how", SEARCHES, ids=NAMES)
@pytest.mark.parametrize("objective", ["auc", "partial_auc"])
def test_the_value_that_a_search_reports_is_that_of_its_blend(rows, how, objective) -> None:
    scores, target = rows
    found = choose(scores, target, how.model_copy(update={"objective": objective}))
    above = 0.8 if objective == "partial_auc" else 0.0
    stated = partial_auc(target, blended(scores, found), above)
    assert found.aucs[found.kept - 1] == pytest.approx(stated, abs=1e-9)
    assert max(found.aucs[: found.kept]) == found.aucs[found.kept - 1]
    assert len(found.picks) == len(found.aucs) >= found.kept > 0


@pytest.mark.parametrize("objective", ["auc", "partial_auc"])
def test_the_searches_stand_in_their_order(rows, objective) -> None:
    """Coordinate ascent starts from greedy; negative weights help where noise is shared."""
    scores, target = rows
    value = {}
    for how in SEARCHES:
        found = choose(scores, target, how.model_copy(update={"objective": objective}))
        value[how.method, how.negative] = found.aucs[found.kept - 1]
        assert found.weights[4] <= 0 if how.negative else found.weights.min() >= 0
    assert value["coordinate", False] >= value["greedy", False]
    for method in ("hill", "coordinate"):
        assert value[method, True] > value[method, False] + 0.005


def test_each_step_of_hill_is_the_best_of_all_whole_percents(rows) -> None:
    scores, target = rows
    found = choose(scores, target, EnsembleSettings(method="hill", rounds=2))
    places = (np.argsort(np.argsort(scores, axis=1), axis=1) + 0.5) / IMAGES
    start, singles = places[found.picks[0]], [auc(target, row) for row in places]
    tried = [
        auc(target, ((1 - share / 100) * start + share / 100 * other).round(12))
        for other in places
        for share in range(1, 51)
    ]
    assert found.aucs[1] == pytest.approx(max(tried), abs=5e-4)
    assert found.aucs[1] > found.aucs[0] == pytest.approx(max(singles), abs=1e-12)


def test_no_single_move_betters_what_coordinate_ascent_ends_with(rows) -> None:
    scores, target = rows
    found = choose(scores, target, EnsembleSettings(method="coordinate", rounds=200))
    for member in range(len(scores)):
        for step in (-1e-3, 1e-3):
            moved = found.weights.copy()
            moved[member] = max(moved[member] + step, 0)
            moved = Choice(moved / moved.sum())
            assert roc_auc_score(target, blended(scores, moved)) <= found.aucs[-1] + 1e-5


def test_the_objective_is_what_is_chosen_for(rows) -> None:
    """Weights for the area above 80 % sensitivity have the larger one."""
    scores, target = rows
    whole, above = (
        choose(scores, target, EnsembleSettings(method="coordinate", objective=objective))
        for objective in ("auc", "partial_auc")
    )
    areas = [partial_auc(target, blended(scores, one), 0.8) for one in (whole, above)]
    assert areas[1] > areas[0]


def test_power_takes_the_exponent_with_the_largest_area(rows) -> None:
    scores, target = rows
    tried = {}
    for exponent in (-1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0):
        one = choose(scores, target, EnsembleSettings(method="power", exponent=exponent))
        assert one.scale.exponent == exponent
        tried[exponent] = roc_auc_score(target, blended(scores, one))
    best = choose(scores, target, EnsembleSettings(method="power"))
    assert tried[best.scale.exponent] == max(tried.values())
    assert len(set(tried.values())) > 5


def test_bags_are_seeded_and_average_many_selections(rows) -> None:
    scores, target = rows
    patient = np.arange(IMAGES) // 4

    def bagged(**changes: object) -> np.ndarray:
        how = EnsembleSettings.model_validate({"bags": 12, "rounds": 8} | changes)
        return choose(scores, target, how, patient=patient).weights

    assert bagged().tolist() == bagged().tolist()
    assert bagged().tolist() != bagged(seed=1).tolist()
    assert (bagged(bag_members=0.2) > 0).sum() > (bagged(bag_members=1.0) > 0).sum() - 1
    whole = choose(scores, target, EnsembleSettings(rounds=8)).weights
    assert bagged(bag_members=1.0, bag_patients=1.0) == pytest.approx(whole)


def test_a_bag_draws_whole_patients_and_always_both_classes(monkeypatch) -> None:
    from mel.ensemble.methods import greedy

    seen = []
    plain = greedy.selection
    monkeypatch.setattr(greedy, "selection", lambda board, n: seen.append(board) or plain(board, n))
    draw = np.random.default_rng(0)
    target = np.zeros(60)
    target[:2] = 1  # both of one patient, who has other images
    patient = np.arange(60) // 6
    how = EnsembleSettings(bags=6, rounds=2, bag_patients=0.3)
    choose(draw.normal(size=(4, 60)), target, how, patient=patient)
    assert len(seen) == 6
    for board in seen:
        assert board.positive.shape[1] == 2
        owners, images = np.unique(np.concatenate(board.patient), return_counts=True)
        assert set(images) == {6}
        assert len(owners) == 4
    alone = choose(draw.normal(size=(4, 6)), target[:6], how, patient=np.zeros(6))
    assert alone.weights.sum() == pytest.approx(1)


def test_a_climb_ends_where_nothing_helps(rows) -> None:
    """A copy of the only member changes nothing: it is never added, whatever rounds are left."""
    scores, target = rows
    found = choose(np.vstack([scores[0], scores[0]]), target, EnsembleSettings(method="hill"))
    assert found.picks == (0,)
    assert found.weights.tolist() == [1.0, 0.0]


def test_an_exponent_is_chosen_within_folds_as_it_is_in_each_of_them(rows) -> None:
    """Two folds that are alike: percentiles within each are those of one of them alone."""
    scores, target = rows
    twice, both = np.hstack([scores, scores + 9]), np.concatenate([target, target])
    how = EnsembleSettings(method="power", ranks="fold")
    within = choose(twice, both, how, fold=np.repeat([0, 1], IMAGES))
    alone = choose(scores, target, EnsembleSettings(method="power"))
    assert within.scale == alone.scale
    assert len(set(EXPONENTS)) == len(EXPONENTS)
    assert {1.0, 0.0, -1.0} < set(EXPONENTS)  # plain, geometric and harmonic
