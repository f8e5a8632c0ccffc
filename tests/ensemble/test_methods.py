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


def others(fold: np.ndarray) -> np.ndarray:
    return fold != np.arange(fold.max() + 1)[:, None]


def members(seed: int, images: int = 120, count: int = 4) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    target = (draw.random(images) < 0.3).astype(float)
    target[:2] = 0, 1
    return target + draw.normal(size=(count, images)) * np.linspace(0.7, 2, count)[:, None], target


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from([GREEDY, MEAN]))
def test_weights_are_shares_that_sum_to_one(seed: int, how: EnsembleSettings) -> None:
    weights = choose(*members(seed), how).weights
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1, abs=1e-12)


@settings(max_examples=15)
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


def test_a_tie_prefers_the_member_already_chosen() -> None:
    """A copy of the best member ties with it in every round and is never taken."""
    scores, target = members(3, count=1)
    found = choose(np.vstack([scores, scores, scores]), target, GREEDY)
    assert set(found.picks) == {0}
    assert found.weights.tolist() == [1, 0, 0]


def test_a_constant_member_gets_no_weight() -> None:
    scores, target = members(4)
    scores[1] = 0.5
    assert choose(scores, target, MEAN).weights.tolist() == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3])
    assert choose(scores, target, GREEDY).weights[1] == 0


@pytest.mark.parametrize("how", [GREEDY, MEAN])
def test_only_constant_members_are_refused(how: EnsembleSettings) -> None:
    with pytest.raises(MelError, match=r"2 members .* weights are 0"):
        choose(np.ones((2, 9)), np.arange(9.0) > 4, how)


def test_greedy_refuses_a_missing_class() -> None:
    with pytest.raises(MelError, match="AUC needs both classes, got 0 positives in 120"):
        choose(members(5)[0], np.zeros(120), GREEDY)


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.integers(0, 3), st.sampled_from([GREEDY, MEAN]))
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


def test_scores_of_a_fold_change_no_other_score_of_it() -> None:
    """References come from the other folds only."""
    scores, target = members(7)
    fold = np.arange(120) % 4
    moved = scores.copy()
    moved[:, 0] += 100  # one image of fold 0
    one, other = (crossfit(s, target, fold, others(fold), GREEDY).scores for s in (scores, moved))
    same = (fold == 0) & (np.arange(120) != 0)
    assert one[same].tolist() == other[same].tolist()


def test_thirty_rounds_over_eighteen_members_and_33000_rows_are_quick() -> None:
    """About half a second on an idle core; processor time, for other work may be under way."""
    scores, target = members(8, images=33_000, count=18)
    start = time.process_time()
    choose(scores, target, EnsembleSettings())
    assert time.process_time() - start < 5
