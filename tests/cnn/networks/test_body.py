"""Every family takes raw pixels, trains, and keeps an exact map; small ones stand for the large."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from mel.cnn.backbones import Backbone, backbone
from mel.config import MemberSettings

THIN = {"width_coefficient": 0.25, "depth_coefficient": 0.25}
SMALL: dict[str, dict[str, Any]] = {
    "efficientnetv1_b0": THIN,
    "efficientnetlite_b0": {"depth_coefficient": 0.25},  # its stem does not scale
    "efficientnetv2_micro": {},
    "resnet18": {"stackwise_blocks": [2, 2], "stackwise_filters": [64, 64]},
    "resnet18_v2": {"stackwise_blocks": [2, 2], "stackwise_filters": [64, 64]},
    "densenet121": {"stackwise_num_repeats": [1, 2], "growth_rate": 8},
    "mobilenet_v3_small": {"alpha": 0.35},
    "mit_b0": {"embedding_dims": [8, 16, 40, 64], "depths": [1, 1, 1, 2]},
    "csp_darknet_nano": {"stackwise_channels": [8, 16, 24, 32]},
}


def small(name: str) -> Backbone:
    entry = backbone(name)
    arguments = {**entry.arguments, **SMALL[name]}
    if "stackwise_filters" in SMALL[name]:
        arguments["stackwise_strides"] = [1, 2]
    return dataclasses.replace(entry, arguments=arguments)


def network(entry: Backbone, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Any:
    from mel.cnn.networks import building

    monkeypatch.setattr(building, "backbone", lambda name: entry)
    settings = MemberSettings(backbone=entry.name, size=64, pooling="gem", **changes)
    return building.build(settings)


def pixels(count: int, size: int = 64) -> Any:
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3)).astype(np.uint8)


@pytest.mark.parametrize("name", SMALL)
def test_every_family_learns_from_raw_pixels_and_keeps_an_exact_map(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    from mel.cnn.networks import activation_map, body_layers

    keras.utils.set_random_seed(1)
    model = network(small(name), monkeypatch)
    before = [w.copy() for w in model.get_weights()]
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.01), loss, run_eagerly=True)
    assert np.isfinite(model.train_on_batch(pixels(4), np.array([[0], [1], [0], [1]])))
    moved = [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert np.mean(moved) > 0.9
    logits, maps = map(np.asarray, activation_map(model)(pixels(2)))
    bias = np.asarray(model.get_layer("head_logit").bias)
    assert np.allclose(maps.mean((1, 2)) + bias, logits, rtol=1e-4, atol=1e-4)
    (rescaling,) = [x for x in model.layers if isinstance(x, keras.layers.Rescaling)]
    assert small(name).preprocessing == "pixels / 255"
    assert (rescaling.scale, rescaling.offset) == (pytest.approx(1 / 255), 0)
    stem = min(body_layers(model), key=lambda layer: len(_before(model, layer)))
    assert body_layers(model)[0] is stem


def _before(model: Any, layer: Any) -> set[str]:
    """The layers that a layer's output hangs on."""
    import keras

    return {one.name for one in keras.Model(model.input, layer.output).layers}


@pytest.mark.parametrize("name", ["keras_efficientnet_b0", "keras_efficientnetv2_b0"])
def test_the_second_source_takes_raw_pixels_and_tells_pictures_apart(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    logits = np.asarray(network(backbone(name), monkeypatch)(pixels(2)))
    assert logits.dtype == np.float32
    assert logits[0, 0] != logits[1, 0]


@pytest.mark.parametrize("name", ["mit_b0"])
def test_weights_of_one_size_serve_another(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from mel.cnn.networks.body import make_body

    one, other = make_body(small(name), 64), make_body(small(name), 96)
    other.set_weights(one.get_weights())
    assert other.output_shape[1:3] == (3, 3)
    assert np.isfinite(other(pixels(1, 96))).all()
