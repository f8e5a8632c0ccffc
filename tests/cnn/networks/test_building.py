"""The network: one logit of raw pixels, statistics that settle in a short schedule."""

import numpy as np
import pytest

from mel.config import MemberSettings


@pytest.mark.parametrize("name", ["resnet_v2_nano", "csp_darknet_nano", "efficientnetv2_micro"])
def test_running_statistics_follow_a_short_schedule_in_every_block(name: str) -> None:
    import keras

    from mel.cnn.networks import build

    model = build(MemberSettings(backbone=name, size=32))
    found = [x for x in model._flatten_layers() if isinstance(x, keras.layers.BatchNormalization)]
    assert len(found) > 3
    assert {layer.momentum for layer in found} == {0.9}


def test_a_network_takes_raw_pixels_and_gives_one_finite_float32_logit() -> None:
    from mel.cnn.networks import build

    model = build(MemberSettings(backbone="efficientnetv2_micro", size=32))
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype(np.float32)
    logits = np.asarray(model.predict_on_batch(pixels))
    assert logits.shape == (2, 1)
    assert logits.dtype == np.float32
    assert np.isfinite(logits).all()
