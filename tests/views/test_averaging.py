"""One score of many views: of each image alone, and the same however the picture is turned."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mel.config import TtaSettings
from mel.errors import MelError
from mel.views import average, probability, reference, views

HOW = [
    TtaSettings(turns="all", crops=5, crop_share=0.8, sizes=[96], average=average)  # type: ignore[arg-type]
    for average in ("logit", "probability", "rank")
]


def logits(count: int, tta: TtaSettings, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 3, (count, tta.views))


@pytest.mark.parametrize("how", HOW, ids=lambda how: how.average)
def test_one_image_alone_gets_the_score_it_gets_in_a_batch(how: TtaSettings) -> None:
    wanted, found = views(how, 64), logits(40, how)
    held_out = reference(logits(90, how, seed=1), wanted)
    batch = average(found, wanted, how, held_out)
    assert ((batch > 0) & (batch < 1)).all()
    for row in range(len(found)):
        assert average(found[row : row + 1], wanted, how, held_out)[0] == batch[row]


@pytest.mark.parametrize("how", HOW, ids=lambda how: how.average)
@given(seed=st.integers(0, 100))
def test_what_a_turn_does_to_the_views_changes_no_score(how: TtaSettings, seed: int) -> None:
    """A turn exchanges the views of one kind among each other, in some order."""
    wanted, found = views(how, 64), logits(10, how)
    held_out = reference(logits(30, how, seed=1), wanted)
    draw, order = np.random.default_rng(seed), np.arange(len(wanted))
    kinds = np.array([view.kind for view in wanted])
    for kind in set(kinds):
        order[kinds == kind] = draw.permutation(order[kinds == kind])
    plain = average(found, wanted, how, held_out)
    assert np.allclose(average(found[:, order], wanted, how, held_out), plain, atol=1e-12)


def test_one_view_is_no_averaging_at_all() -> None:
    how = TtaSettings()
    found = logits(20, how)
    expected = probability(found[:, 0])
    assert np.array_equal(average(found, views(how, 64), how, {}), expected)


def test_a_rank_is_the_place_among_the_held_out_scores_of_the_same_kind_of_view() -> None:
    how = TtaSettings(turns="flips", average="rank")
    wanted = views(how, 64)
    held_out = reference(np.array([[1.0, 2.0, 3.0, 4.0]]), wanted)
    assert held_out["whole 64"].tolist() == [1.0, 2.0, 3.0, 4.0]
    scores = average(np.array([[0.0] * 4, [9.0] * 4, [2.0] * 4]), wanted, how, held_out)
    assert scores.tolist() == [0.0, 1.0, 0.375]


def test_the_last_bits_of_a_logit_change_no_rank() -> None:
    how = TtaSettings(turns="flips", average="rank")
    wanted, found = views(how, 64), logits(50, how)
    held_out = reference(found, wanted)
    shaken = found * (1 + 1e-9)
    assert np.array_equal(
        average(shaken, wanted, how, held_out), average(found, wanted, how, held_out)
    )


def test_ranks_without_a_reference_are_refused_by_name() -> None:
    how = TtaSettings(turns="flips", average="rank")
    with pytest.raises(MelError, match="no held-out scores of 'whole 64'"):
        average(logits(2, how), views(how, 64), how, {})


def test_a_mean_of_logits_and_of_probabilities_differ_as_they_should() -> None:
    found = np.array([[0.0, 8.0, 8.0, 8.0]])
    flips = TtaSettings(turns="flips")
    wanted = views(flips, 64)
    assert average(found, wanted, flips, {})[0] == pytest.approx(probability(np.array([6.0]))[0])
    mean = flips.model_copy(update={"average": "probability"})
    assert average(found, wanted, mean, {})[0] == pytest.approx((0.5 + 3 / (1 + np.exp(-8))) / 4)


def test_logits_of_any_size_have_a_probability() -> None:
    with np.errstate(over="raise", invalid="raise"):
        found = probability(np.array([-1e4, -50.0, 0.0, 50.0, 1e4]))
    assert found[[0, 2, 4]].tolist() == [0, 0.5, 1]
    assert 0 < found[1] < 1e-20
