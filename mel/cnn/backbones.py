"""The registry: every backbone mel can build, as data; no TensorFlow is imported to read it.

keras-cv's *named* backbones ask the network for their configuration even without weights, its
parametric classes do not: so each entry holds the arguments of the parametric class. Published
parameter counts (without the classification head) are tested against the built network.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mel.errors import MelError, near

__all__ = ["Backbone", "backbone", "backbones", "check_weights"]


@dataclass(frozen=True)
class Backbone:
    """One architecture: how to build it, what it was made for, where its weights come from.

    `keras_cv_class` and `arguments` build it offline; every network takes pixels from 0 to 255
    and rescales them itself. `params` counts all parameters without a head, `native_size` is the
    image side in pixels of its publication, `imagenet` the name of keras-cv's preset with
    ImageNet weights, None where there is none.
    """

    name: str
    keras_cv_class: str
    arguments: Mapping[str, Any]
    params: int
    native_size: int
    imagenet: str | None = None


_V2_B = {
    "stackwise_kernel_sizes": [3] * 6,
    "stackwise_num_repeats": [1, 2, 2, 3, 5, 8],
    "stackwise_input_filters": [32, 16, 32, 48, 96, 112],
    "stackwise_output_filters": [16, 32, 48, 96, 112, 192],
    "stackwise_expansion_ratios": [1, 4, 4, 4, 6, 6],
    "stackwise_squeeze_and_excite_ratios": [0, 0, 0, 0.25, 0.25, 0.25],
    "stackwise_strides": [1, 2, 2, 2, 1, 2],
    "stackwise_conv_types": ["fused"] * 3 + ["unfused"] * 3,
}
_V2_S = _V2_B | {
    "stackwise_num_repeats": [2, 4, 4, 6, 9, 15],
    "stackwise_input_filters": [24, 24, 48, 64, 128, 160],
    "stackwise_output_filters": [24, 48, 64, 128, 160, 256],
}
_V2_MICRO = {
    "stackwise_kernel_sizes": [3, 3],
    "stackwise_num_repeats": [1, 1],
    "stackwise_input_filters": [8, 8],
    "stackwise_output_filters": [8, 16],
    "stackwise_expansion_ratios": [1, 4],
    "stackwise_squeeze_and_excite_ratios": [0, 0.25],
    "stackwise_strides": [2, 2],
    "stackwise_conv_types": ["fused", "unfused"],
}


def _efficientnetv2(
    name: str,
    base: Mapping[str, Any],
    width: float,
    depth: float,
    params: int,
    size: int,
    imagenet: str | None = None,
) -> Backbone:
    """EfficientNetV2 (Tan and Le 2021, arXiv:2104.00298), scaled in width and depth."""
    scale = {"width_coefficient": width, "depth_coefficient": depth}
    return Backbone(name, "EfficientNetV2Backbone", {**base, **scale}, params, size, imagenet)


def _resnet_v2(
    name: str,
    blocks: list[int],
    kind: str,
    params: int,
    imagenet: str | None = None,
    filters: tuple[int, ...] = (64, 128, 256, 512),
) -> Backbone:
    """ResNet with pre-activation (He et al. 2016, arXiv:1603.05027)."""
    arguments = {
        "stackwise_filters": list(filters),
        "stackwise_blocks": blocks,
        "stackwise_strides": [1, 2, 2, 2],
        "block_type": kind,
    }
    return Backbone(name, "ResNetV2Backbone", arguments, params, 224, imagenet)


def _densenet(name: str, repeats: list[int], params: int) -> Backbone:
    """DenseNet (Huang et al. 2017, arXiv:1608.06993)."""
    arguments = {"stackwise_num_repeats": repeats}
    return Backbone(name, "DenseNetBackbone", arguments, params, 224, f"{name}_imagenet")


def _csp_darknet(name: str, channels: list[int], depth: list[int], params: int) -> Backbone:
    """CSPDarkNet (Wang et al. 2020, arXiv:1911.11929), as in YOLOX."""
    arguments = {"stackwise_channels": channels, "stackwise_depth": depth}
    preset = None if name.endswith("_nano") else f"{name}_imagenet"
    return Backbone(name, "CSPDarkNetBackbone", arguments, params, 224, preset)


_ENTRIES = (
    _efficientnetv2(
        "efficientnetv2_b0", _V2_B, 1.0, 1.0, 5_919_312, 224, "efficientnetv2_b0_imagenet"
    ),
    _efficientnetv2(
        "efficientnetv2_b1", _V2_B, 1.0, 1.1, 6_931_124, 240, "efficientnetv2_b1_imagenet"
    ),
    _efficientnetv2(
        "efficientnetv2_b2", _V2_B, 1.1, 1.2, 8_769_374, 260, "efficientnetv2_b2_imagenet"
    ),
    _efficientnetv2("efficientnetv2_b3", _V2_B, 1.2, 1.4, 12_930_622, 300),
    _efficientnetv2(
        "efficientnetv2_s", _V2_S, 1.0, 1.0, 20_331_360, 384, "efficientnetv2_s_imagenet"
    ),
    _efficientnetv2("efficientnetv2_nano", _V2_B, 0.5, 0.5, 779_392, 64),
    _efficientnetv2("efficientnetv2_micro", _V2_MICRO, 0.05, 1.0, 2_874, 32),
    _resnet_v2("resnet18_v2", [2, 2, 2, 2], "basic_block", 11_183_488),
    _resnet_v2("resnet34_v2", [3, 4, 6, 3], "basic_block", 21_299_072),
    _resnet_v2("resnet50_v2", [3, 4, 6, 3], "block", 23_564_800, "resnet50_v2_imagenet"),
    _resnet_v2("resnet101_v2", [3, 4, 23, 3], "block", 42_626_560),
    _resnet_v2("resnet_v2_nano", [2, 2, 2, 2], "block", 897_088, filters=(16, 32, 64, 128)),
    _densenet("densenet121", [6, 12, 24, 16], 7_037_504),
    _densenet("densenet169", [6, 12, 32, 32], 12_642_880),
    _densenet("densenet201", [6, 12, 48, 32], 18_321_984),
    _csp_darknet("csp_darknet_tiny", [48, 96, 192, 384], [1, 3, 3, 1], 2_380_416),
    _csp_darknet("csp_darknet_nano", [32, 64, 128, 256], [1, 1, 1, 1], 958_208),
)
_REGISTRY = MappingProxyType({entry.name: entry for entry in _ENTRIES})


def backbones(pattern: str = "") -> list[Backbone]:
    """Give the registry's entries whose name matches a regular expression, by name.

    >>> [b.name for b in backbones("densenet")]
    ['densenet121', 'densenet169', 'densenet201']

    Raises MelError for a pattern that is no regular expression.
    """
    try:
        wanted = re.compile(pattern)
    except re.error as error:
        raise MelError(f"pattern {pattern!r}: is no regular expression ({error})") from None
    return [_REGISTRY[name] for name in sorted(_REGISTRY) if wanted.search(name)]


def backbone(name: str) -> Backbone:
    """Give one entry by its exact name; a MelError offers near matches.

    >>> backbone("efficientnetv2_b0").params
    5919312
    """
    if name not in _REGISTRY:
        raise MelError(f"unknown backbone {name!r}; {near(name, _REGISTRY)}")
    return _REGISTRY[name]


def check_weights(entry: Backbone, weights: str) -> None:
    """Refuse weights that cannot be had: ImageNet where there are none, a folder that is not there.

    Whether a folder's weights fit is seen when they are loaded.
    """
    if weights == "imagenet" and entry.imagenet is None:
        able = ", ".join(b.name for b in backbones() if b.imagenet)
        raise MelError(f"{entry.name}: has no ImageNet weights; these have: {able}")
    if weights not in ("none", "imagenet") and not Path(weights).is_dir():
        raise MelError(f"weights {weights!r}: no such preset folder; none, imagenet or a folder")
