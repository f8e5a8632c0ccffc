"""The activation map is exact: its mean, the bias and the metadata's part are the logit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mel.cnn.labels import Labels
from mel.config import MemberSettings
from mel.metadata import METADATA

CLASSES = Labels(("melanoma", "nevus"), (True, False))


def _network(size: int, pooling: str, metadata: bool, seed: int) -> Any:
    """A network whose head, power and metadata branch hold arbitrary weights."""
    from mel.cnn.networks import build

    member = MemberSettings(
        backbone="efficientnetv2_micro", size=size, pooling=pooling, metadata=metadata
    )
    model = build(member, CLASSES)
    draw = np.random.default_rng(seed)
    for layer in model.layers:
        if layer.name.startswith("head_"):
            layer.set_weights([draw.normal(size=w.shape) for w in layer.get_weights()])
    return model


def _inputs(size: int, metadata: bool, seed: int) -> Any:
    draw = np.random.default_rng(seed)
    images = draw.integers(0, 256, (3, size, size, 3)).astype(np.uint8)
    return [images, draw.random((3, len(METADATA)), np.float32)] if metadata else images


@settings(max_examples=5)
@given(st.sampled_from([16, 44, 63]), st.booleans(), st.integers(0, 99))
@pytest.mark.parametrize("pooling", ["average", "gem"])
def test_the_mean_of_a_map_with_bias_and_metadata_is_the_logit(
    pooling: str, size: int, metadata: bool, seed: int
) -> None:
    import keras

    from mel.cnn.networks import activation_map

    model = _network(size, pooling, metadata, seed)
    data = _inputs(size, metadata, seed)
    logits, maps = map(np.asarray, activation_map(model)(data))
    assert np.array_equal(logits, model(data))
    assert maps.shape == (3, *model.get_layer("head_pool").input.shape[1:3], 2)
    summed = maps.mean((1, 2), dtype=np.float64) + np.asarray(model.get_layer("head_logit").bias)
    if metadata:
        known = model.get_layer("head_metadata").output
        part = keras.Model(known, model.get_layer("head_metadata_part").output)
        summed = summed + np.asarray(part(data[1]))
    assert np.allclose(summed, logits, rtol=1e-5, atol=1e-5)


def test_maps_follow_further_training() -> None:
    from mel.cnn.networks import activation_map

    model = _network(32, "gem", False, 0)
    mapped = activation_map(model)
    data = _inputs(32, False, 0)
    before = np.asarray(mapped(data)[1])
    kernel, bias = model.get_layer("head_logit").get_weights()
    model.get_layer("head_logit").set_weights([2 * kernel, bias])
    assert np.allclose(mapped(data)[1], 2 * before, rtol=1e-5)
