"""What holds still, when, and that it does."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mel.cnn.training.freezing import phases
from mel.config import CnnSettings, FreezeSettings

NONE = FreezeSettings()


@given(
    st.integers(0, 6),
    st.integers(0, 6),
    st.floats(0.01, 1),
    st.integers(1, 300),
    st.integers(1, 9),
)
def test_phases_cover_all_epochs_and_only_ever_let_more_layers_join(
    hold: int, thaw: int, share: float, count: int, more: int
) -> None:
    freeze = FreezeSettings(epochs=hold, thaw_epochs=thaw, share=share) if hold else NONE
    settings = CnnSettings(epochs=hold + thaw + more, freeze=freeze, warmup_epochs=0)
    found = phases(settings, count)
    assert [p.first for p in found] == [0, *[p.stop for p in found[:-1]]]
    assert found[-1].stop == settings.epochs
    held = [p.held for p in found]
    assert held == sorted(held, reverse=True)
    assert held[-1] == 0
    assert held[0] == (round(share * count) if hold else 0)
    for epoch in range(settings.epochs):
        (phase,) = [p for p in found if p.first <= epoch < p.stop]
        assert (phase.held == 0) == (epoch >= hold + thaw) or not hold or held[0] <= thaw


def test_held_layers_and_their_statistics_stay_as_they_were(
    fit: Any, all_on: Any, tmp_path: Any
) -> None:
    """One epoch of all layers held: only the head moves, and no running mean."""
    import keras

    from mel.cnn import networks
    from mel.cnn.feeding import fold_seed

    held = FreezeSettings(epochs=1, share=1.0)
    still = all_on.model_copy(update={"freeze": held, "epochs": 1, "ema": 0.0, "accumulate": 1})
    keras.utils.set_random_seed(fold_seed(still.seed, 0))
    fresh = networks.build(still)
    trained, _ = fit(still, tmp_path)
    body, other = (networks.body_layers(model) for model in (trained, fresh))
    for layer, first in zip(body, other, strict=True):
        for one, before in zip(layer.get_weights(), first.get_weights(), strict=True):
            assert np.array_equal(one, before), layer.name
    heads = [np.asarray(model.layers[-1].get_weights()[0]) for model in (trained, fresh)]
    assert not np.array_equal(*heads)
