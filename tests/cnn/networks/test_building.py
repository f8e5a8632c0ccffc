"""The network: float32 logits of raw pixels, statistics that settle in a short schedule."""

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from mel.cnn.labels import Labels
from mel.config import MemberSettings
from mel.errors import MelError
from mel.metadata import METADATA

CLASSES = Labels(("melanoma", "nevus", "unknown"), (True, False, False))


def member(**changes: Any) -> MemberSettings:
    return MemberSettings(**({"backbone": "efficientnetv2_micro", "size": 32} | changes))


def pixels(count: int, size: int = 32) -> Any:
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3)).astype(np.uint8)


def known(count: int) -> Any:
    return np.random.default_rng(1).random((count, len(METADATA)), dtype=np.float32)


@pytest.mark.parametrize("name", ["resnet_v2_nano", "csp_darknet_nano", "efficientnetv2_micro"])
def test_running_statistics_follow_a_short_schedule_in_every_block(name: str) -> None:
    import keras

    from mel.cnn.networks import build

    model = build(member(backbone=name))
    found = [x for x in model._flatten_layers() if isinstance(x, keras.layers.BatchNormalization)]
    assert len(found) > 3
    assert {layer.momentum for layer in found} == {0.9}


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("pooling", ["average", "gem"])
def test_raw_pixels_give_finite_float32_logits_under_any_policy(policy: str, pooling: str) -> None:
    import keras

    from mel.cnn.networks import build

    before = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_global_policy(policy)
    try:
        model = build(member(pooling=pooling, metadata=True), CLASSES)
    finally:
        keras.mixed_precision.set_global_policy(before)
    logits = np.asarray(model([pixels(2), known(2)]))
    assert logits.shape == (2, 3)
    assert logits.dtype == np.float32
    assert np.isfinite(logits).all()


def test_whole_and_float_pixels_are_the_same_pixels() -> None:
    from mel.cnn.networks import build

    model = build(member())
    whole = np.asarray(model.predict_on_batch(pixels(2)))
    assert np.array_equal(whole, model.predict_on_batch(pixels(2).astype(np.float32)))
    assert len(np.unique(whole)) == 2


def test_the_same_weights_serve_pictures_of_another_size() -> None:
    from mel.cnn.networks import build

    small, large = build(member(pooling="gem")), build(member(pooling="gem"), size=48)
    large.set_weights(small.get_weights())
    flat = np.full((1, 1, 1, 3), 200, np.uint8)
    assert large.input_shape == (None, 48, 48, 3)
    assert np.asarray(large(np.tile(flat, (1, 48, 48, 1)))).shape == (1, 1)


def test_metadata_add_nothing_at_first_and_then_their_own_part() -> None:
    from mel.cnn.networks import build

    model = build(member(metadata=True), CLASSES)
    one, other = known(2), np.zeros_like(known(2))
    first = np.asarray(model([pixels(2), one]))
    assert np.array_equal(first, model([pixels(2), other]))
    part = model.get_layer("head_metadata_part")
    part.set_weights([np.ones_like(w) for w in part.get_weights()])
    moved = np.asarray(model([pixels(2), one])) - first
    assert (np.abs(moved) > 1e-4).all()
    assert np.allclose(moved, moved[:, :1], atol=1e-5)


def test_layers_of_the_backbone_come_in_order_and_without_the_head() -> None:
    from mel.cnn.networks import body_layers, build

    model = build(member(metadata=True, pooling="gem"))
    layers = body_layers(model)
    assert layers[0].name == "stem_conv"
    assert layers[-1].name.startswith("top_")
    held = sum(layer.count_params() for layer in layers)
    assert held == 2_874
    head = [layer for layer in model.layers if layer.weights and layer not in layers]
    assert {layer.name for layer in head} == {
        *("head_pool", "head_logit", "head_metadata_hidden", "head_metadata_part")
    }


def test_a_size_that_a_backbone_does_not_take_is_refused_with_one_that_it_does() -> None:
    from mel.cnn.networks import build

    with pytest.raises(MelError, match=r"mit_b0: takes .*multiples of 32, not 100; set size = 96"):
        build(member(backbone="mit_b0", size=100))


JAX = """
from mel.cnn.devices import choose
from mel.config import HardwareSettings
choose(HardwareSettings(device="cpu")).start()
import keras
import numpy as np
from mel.cnn.labels import Labels
from mel.cnn.networks import activation_map, build
from mel.config import MemberSettings
from mel.metadata import METADATA
assert keras.backend.backend() == "jax"
settings = MemberSettings(backbone="efficientnetv2_micro", size=32, pooling="gem", metadata=True)
model = build(settings, Labels())
data = [np.full((2, 32, 32, 3), 90, np.uint8), np.ones((2, len(METADATA)), np.float32)]
logits, maps = activation_map(model)(data)
bias = np.asarray(model.get_layer("head_logit").bias)
assert np.allclose(np.asarray(maps).mean((1, 2)) + bias, logits, atol=1e-5)
assert np.asarray(logits).dtype == np.float32
"""


QUICK = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"


def test_networks_work_on_jax_as_well() -> None:
    pytest.importorskip("jax")
    done = subprocess.run(
        [sys.executable, "-c", JAX],
        env=os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "XLA_FLAGS": QUICK},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
