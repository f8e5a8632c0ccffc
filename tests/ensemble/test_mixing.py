import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import gmean, hmean, rankdata

from mel.ensemble.mixing import Scale, combine, mix, spread_out
from mel.errors import MelError

few = st.integers(-4, 4).map(float)
columns = st.lists(few, min_size=3, max_size=30).map(np.array)
MEMBERS = np.random.default_rng(0).normal(size=(3, 50))
WEIGHTS = np.array([0.5, 0.3, 0.2])
EACH = np.repeat(WEIGHTS[:, None], 50, axis=1)
INNER = np.array([rankdata(column) / 51 for column in MEMBERS])  # (p n + 1/2) / (n + 1)


def mixed(scale: Scale, weights: np.ndarray = WEIGHTS) -> np.ndarray:
    return combine(list(MEMBERS), list(np.sort(MEMBERS, axis=1)), weights, scale)


@given(columns, st.floats(0.1, 5))
def test_the_scale_of_a_member_changes_nothing(scores: np.ndarray, scale: float) -> None:
    one = combine([scores], [np.sort(scores)], [1.0])
    other = combine([np.exp(scale * scores)], [np.sort(np.exp(scale * scores))], [1.0])
    assert one.tolist() == other.tolist()


def test_a_member_of_weight_zero_adds_nothing() -> None:
    scores = np.array([1.0, 2.0])
    assert combine([scores, -scores], [scores, scores], [1.0, 0.0]).tolist() == [0.25, 0.75]


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        (Scale(), WEIGHTS @ ((INNER * 51 - 0.5) / 50)),
        (Scale("power", 1.0), WEIGHTS @ INNER),
        (Scale("power", 3.0), (WEIGHTS @ INNER**3) ** (1 / 3)),
        (Scale("power", 0.0), gmean(INNER, weights=EACH)),
        (Scale("power", -1.0), hmean(INNER, weights=EACH)),
        (Scale("logit"), expit(WEIGHTS @ logit(INNER))),
    ],
    ids=str,
)
def test_means_are_those_of_scipy(scale: Scale, expected: np.ndarray) -> None:
    np.testing.assert_allclose(mixed(scale), expected, atol=1e-11, rtol=0)


def test_a_mirrored_blend_turns_the_order_round() -> None:
    """Ranks and logits are symmetric: the mirror image of all members is that of the blend."""
    for scale in (Scale(), Scale("logit")):
        np.testing.assert_allclose(mixed(scale, -WEIGHTS), 1 - mixed(scale), atol=1e-11)


def test_blends_are_spread_over_the_percentiles_of_others() -> None:
    blends = mix([(np.array([0.2, 0.5]), 50)], [1.0])
    assert spread_out(blends, np.array([0.1, 0.2, 0.3, 0.9])).tolist() == [0.375, 0.75]
    assert spread_out(blends, None) is blends


@pytest.mark.parametrize(("kind", "exponent"), [("root", 1.0), ("power", np.nan), ("power", 1e-9)])
def test_an_unknown_scale_is_refused(kind: str, exponent: float) -> None:
    with pytest.raises(MelError, match=f"scale '{kind}' with exponent"):
        Scale(kind, exponent)
