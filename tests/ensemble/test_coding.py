import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mel.ensemble.coding import Coded
from mel.metrics import percentile


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.sampled_from([3, 1000]))
def test_places_are_percentiles_to_the_last_bit(seed: int, blocks: int, values: int) -> None:
    """Of images among the known ones of their own block, whatever is tied."""
    draw = np.random.default_rng(seed)
    scores = draw.integers(0, values, (2, 60)) / 7
    block = draw.integers(0, blocks, 60)
    known = draw.random(60) < 0.7
    wanted = draw.random(60) < 0.5
    for coded, own in ((Coded.of(scores), np.zeros(60)), (Coded.of(scores, block), block)):
        for member, column in enumerate(scores):
            found, sizes = coded.places(member, known, wanted)
            for place, size, row in zip(found, sizes, np.flatnonzero(wanted), strict=True):
                among = np.sort(column[known & (own == own[row])])
                assert size == len(among)
                assert place == (percentile([column[row]], among)[0] if len(among) else 0)


def test_only_the_order_of_scores_is_kept() -> None:
    scores = np.random.default_rng(1).normal(size=(3, 40)).round(1)
    assert (Coded.of(scores).codes == Coded.of(np.exp(scores)).codes).all()
    assert Coded.of(np.array([[0.0, -0.0, 1.0]])).codes.tolist() == [[0, 0, 1]]
