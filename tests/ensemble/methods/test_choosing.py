import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from mel.config import EnsembleSettings
from mel.ensemble.methods import choose, crossfit
from mel.ensemble.ranks import places
from mel.errors import MelError

GREEDY, MEAN = EnsembleSettings(rounds=10), EnsembleSettings(method="mean")
WAYS = [
    GREEDY,
    MEAN,
    EnsembleSettings(rounds=5, ranks="fold"),
    EnsembleSettings(rounds=5, objective="partial_auc", min_tpr=0.6),
    EnsembleSettings(rounds=5, bags=3),
    EnsembleSettings(method="hill", rounds=5),
    EnsembleSettings(method="hill", rounds=5, negative=True),
    EnsembleSettings(method="coordinate", rounds=5),
    EnsembleSettings(method="coordinate", rounds=5, negative=True, ranks="fold"),
    EnsembleSettings(method="power"),
    EnsembleSettings(method="power", exponent=2.5, ranks="fold"),
    EnsembleSettings(method="logit"),
]


def named(how: object) -> str:
    """Give a test's name: the settings that are not the default ones."""
    if not isinstance(how, EnsembleSettings):
        return str(how)
    return "-".join(str(getattr(how, name)) for name in sorted(how.model_fields_set))


SEARCHING = [how for how in WAYS if how.method in ("greedy", "hill", "coordinate")]


def others(fold: np.ndarray) -> np.ndarray:
    return fold != np.arange(fold.max() + 1)[:, None]


def members(seed: int, images: int = 120, count: int = 4) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    target = (draw.random(images) < 0.3).astype(float)
    target[:2] = 0, 1
    return target + draw.normal(size=(count, images)) * np.linspace(0.7, 2, count)[:, None], target


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(WAYS))
def test_sizes_of_weights_sum_to_one(seed: int, how: EnsembleSettings) -> None:
    weights = choose(*members(seed), how, fold=np.arange(120) % 4).weights
    assert weights.min() >= 0 or how.negative
    assert np.abs(weights).sum() == pytest.approx(1, abs=1e-12)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_greedy_is_never_worse_than_its_best_member_on_its_own_rows(seed: int) -> None:
    scores, target = members(seed)
    weights = choose(scores, target, GREEDY).weights
    blend = np.sum([w * places(s) for w, s in zip(weights, scores, strict=True)], axis=0)
    best = max(roc_auc_score(target, column) for column in scores)
    assert roc_auc_score(target, blend.round(12)) >= best - 1e-12


def test_greedy_starts_with_the_best_member() -> None:
    scores, target = members(1)
    best = int(np.argmax([roc_auc_score(target, column) for column in scores]))
    found = choose(scores, target, GREEDY)
    assert found.picks[0] == best
    assert found.aucs[0] == pytest.approx(roc_auc_score(target, scores[best]), abs=1e-12)


def test_every_round_adds_the_member_that_lifts_the_auc_most() -> None:
    scores, target = members(2)
    found = choose(scores, target, EnsembleSettings(rounds=12))
    total = np.zeros(len(target))
    for pick, value in zip(found.picks, found.aucs, strict=True):
        tried = [roc_auc_score(target, (total + places(column)).round(12)) for column in scores]
        assert tried[pick] == pytest.approx(max(tried), abs=1e-12)
        assert value == pytest.approx(tried[pick], abs=1e-12)
        total += places(scores[pick])


def test_the_shortest_best_prefix_is_kept() -> None:
    found = choose(*members(2), GREEDY)
    assert found.aucs[found.kept - 1] == max(found.aucs)
    assert max(found.aucs[: found.kept - 1], default=0) < max(found.aucs)
    counts = np.bincount(found.picks[: found.kept], minlength=4)
    assert found.weights.tolist() == (counts / found.kept).tolist()


def test_of_copies_the_first_is_taken_every_time() -> None:
    """A copy of the best member ties with it in every round and is never taken."""
    scores, target = members(3, count=1)
    found = choose(np.vstack([scores, scores, scores]), target, GREEDY)
    assert set(found.picks) == {0}
    assert found.weights.tolist() == [1, 0, 0]


def test_a_tie_prefers_the_member_already_chosen_to_the_one_given_first() -> None:
    """A coarse copy, added to the member itself, changes no order: each round is a tie."""
    (fine,), target = members(3, count=1)
    coarse = (fine > np.median(fine)).astype(float)
    found = choose(np.array([coarse, fine]), target, GREEDY)
    assert len(set(found.aucs)) == 1
    assert set(found.picks) == {1}


def test_a_constant_member_gets_no_weight() -> None:
    scores, target = members(4)
    scores[1] = 0.5
    assert choose(scores, target, MEAN).weights.tolist() == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3])
    assert choose(scores, target, GREEDY).weights[1] == 0


@pytest.mark.parametrize("how", WAYS, ids=named)
def test_only_constant_members_are_refused(how: EnsembleSettings) -> None:
    with pytest.raises(MelError, match=r"2 members .* weights are 0"):
        choose(np.ones((2, 9)), np.arange(9.0) > 4, how)


@pytest.mark.parametrize("how", [*SEARCHING, EnsembleSettings(method="power")], ids=named)
@pytest.mark.parametrize("only", [0, 1])
def test_a_missing_class_is_refused_by_what_heeds_it(how: EnsembleSettings, only: int) -> None:
    words = f"AUC needs both classes, got {120 * only} positives in 120 rows"
    with pytest.raises(MelError, match=words):
        choose(members(5)[0], np.full(120, float(only)), how)
    for heedless in (MEAN, EnsembleSettings(method="logit")):
        assert choose(members(5)[0], np.full(120, float(only)), heedless).weights.all()


@pytest.mark.parametrize("how", WAYS, ids=named)
def test_of_two_that_order_alike_a_search_takes_the_first(how: EnsembleSettings) -> None:
    """The means count both; nothing fails."""
    scores, target = members(9)
    doubled = np.vstack([scores, np.exp(scores[0])])
    one, two = (choose(given, target, how) for given in (scores, doubled))
    assert np.abs(two.weights).sum() == pytest.approx(1)
    if how.method in ("mean", "power", "logit"):
        assert two.weights[0] == two.weights[4]
    elif how.bags == 1:
        assert two.weights.tolist() == [*one.weights, 0.0]


@pytest.mark.parametrize("how", WAYS, ids=named)
def test_ties_everywhere_are_no_fault(how: EnsembleSettings) -> None:
    """Scores of two values; and members that all order alike, so that no move helps."""
    scores, target = members(10)
    coarse = np.where(scores > 0.5, 1.0, 0.0)
    fold = np.arange(120) % 4
    found = crossfit(coarse, target, fold, others(fold), how)
    assert np.isfinite(found.scores).all()
    alike = choose(np.repeat(coarse[:1], 3, axis=0), target, how)
    assert np.abs(alike.weights).sum() == pytest.approx(1)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 3), st.sampled_from(WAYS))
def test_labels_of_a_fold_change_none_of_its_scores(
    seed: int, k: int, how: EnsembleSettings
) -> None:
    scores, target = members(seed)
    fold = np.arange(120) // 30 % 4
    flipped = np.where(fold == k, 1 - target, target)
    one = crossfit(scores, target, fold, others(fold), how).scores
    other = crossfit(scores, flipped, fold, others(fold), how).scores
    assert one[fold == k].tolist() == other[fold == k].tolist()


def test_labels_of_images_barred_from_a_fold_change_none_of_its_scores() -> None:
    scores, target = members(8)
    fold = np.arange(120) // 30 % 4
    trains = others(fold)
    trains[0, fold == 1] = False
    flipped = np.where(fold == 1, 1 - target, target)
    one, other = (crossfit(scores, y, fold, trains, GREEDY) for y in (target, flipped))
    assert one.scores[fold == 0].tolist() == other.scores[fold == 0].tolist()
    assert one.weights[0].tolist() == other.weights[0].tolist()
    assert one.weights[2:].tolist() != other.weights[2:].tolist()


def test_labels_of_a_fold_can_change_scores_of_the_others() -> None:
    """The test above would pass for scores that heed no label at all."""
    scores, target = members(6)
    fold = np.arange(120) % 4
    flipped = np.where(fold == 0, 1 - target, target)
    one, other = (crossfit(scores, y, fold, others(fold), GREEDY).scores for y in (target, flipped))
    assert (one[fold != 0] != other[fold != 0]).any()


@pytest.mark.parametrize("how", WAYS, ids=named)
def test_scores_of_a_fold_change_no_other_score_of_it(how: EnsembleSettings) -> None:
    """References come from the other folds only, but where images are ranked within theirs."""
    scores, target = members(7)
    fold = np.arange(120) % 4
    moved = scores.copy()
    moved[:, 0] += 100  # one image of fold 0
    one, other = (crossfit(s, target, fold, others(fold), how).scores for s in (scores, moved))
    same = (fold == 0) & (np.arange(120) != 0)
    assert (one[same].tolist() == other[same].tolist()) == (how.ranks == "all")


@pytest.mark.parametrize("how", WAYS, ids=named)
def test_the_order_of_rows_changes_nothing(how: EnsembleSettings) -> None:
    scores, target = members(11)
    fold, patient = np.arange(120) % 4, np.array([f"P{n // 3}" for n in range(120)])
    order = np.random.default_rng(0).permutation(120)
    if how.bags > 1:  # bags draw patients by name, not by row
        assert (
            choose(scores, target, how, patient=patient).weights.tolist()
            == choose(scores[:, order], target[order], how, patient=patient[order]).weights.tolist()
        )
    else:
        one = crossfit(scores, target, fold, others(fold), how).scores
        mixed = others(fold[order])
        other = crossfit(scores[:, order], target[order], fold[order], mixed, how).scores
        assert one[order].tolist() == other.tolist()


def test_a_fold_that_scores_otherwise_is_put_right_by_ranks_within_it() -> None:
    """The networks of one fold give higher scores throughout: within it, the order is the same."""
    scores, target = members(12, images=400)
    fold = np.arange(400) % 4
    shifted = scores + 5.0 * (fold == 2)
    within = EnsembleSettings(method="mean", ranks="fold")
    plain = crossfit(scores, target, fold, others(fold), within).scores
    assert crossfit(shifted, target, fold, others(fold), within).scores.tolist() == plain.tolist()
    among_all = crossfit(shifted, target, fold, others(fold), MEAN).scores
    assert roc_auc_score(target, plain) > roc_auc_score(target, among_all) + 0.05


def test_negative_weights_are_compared_across_folds_as_percentiles() -> None:
    """Each fold's blends are spread alike, however far its members cancel each other."""
    draw = np.random.default_rng(13)
    noise = draw.normal(size=2000)
    target = (draw.random(2000) < 0.1).astype(float)
    scores = np.array([target + noise, noise + 0.3 * draw.normal(size=2000)])
    fold = np.arange(2000) % 4
    how = EnsembleSettings(method="hill", negative=True)
    found = crossfit(scores, target, fold, others(fold), how)
    assert (found.weights[:, 1] < -0.3).all()
    for k in range(4):
        assert np.quantile(found.scores[fold == k], [0.25, 0.75]) == pytest.approx(
            [0.25, 0.75], abs=0.05
        )
    positive = crossfit(scores, target, fold, others(fold), EnsembleSettings(method="hill"))
    assert roc_auc_score(target, found.scores) > roc_auc_score(target, positive.scores) + 0.1


def test_thirty_rounds_over_eighteen_members_and_33000_rows_are_quick() -> None:
    """A tenth of a second on an idle core; processor time, for other work may be under way."""
    scores, target = members(8, images=33_000, count=18)
    start = time.process_time()
    choose(scores, target, EnsembleSettings())
    assert time.process_time() - start < 2
