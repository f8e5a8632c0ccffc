"""EfficientNetV2 (Tan and Le 2021, arXiv:2104.00298), of keras-cv."""

from collections.abc import Mapping
from typing import Any

from mel.cnn.backbones.entry import Backbone

__all__ = ["ENTRIES"]

_B = {
    "stackwise_kernel_sizes": [3] * 6,
    "stackwise_num_repeats": [1, 2, 2, 3, 5, 8],
    "stackwise_input_filters": [32, 16, 32, 48, 96, 112],
    "stackwise_output_filters": [16, 32, 48, 96, 112, 192],
    "stackwise_expansion_ratios": [1, 4, 4, 4, 6, 6],
    "stackwise_squeeze_and_excite_ratios": [0, 0, 0, 0.25, 0.25, 0.25],
    "stackwise_strides": [1, 2, 2, 2, 1, 2],
    "stackwise_conv_types": ["fused"] * 3 + ["unfused"] * 3,
}
_S = _B | {
    "stackwise_num_repeats": [2, 4, 4, 6, 9, 15],
    "stackwise_input_filters": [24, 24, 48, 64, 128, 160],
    "stackwise_output_filters": [24, 48, 64, 128, 160, 256],
}
_M = {
    "stackwise_kernel_sizes": [3] * 7,
    "stackwise_num_repeats": [3, 5, 5, 7, 14, 18, 5],
    "stackwise_input_filters": [24, 24, 48, 80, 160, 176, 304],
    "stackwise_output_filters": [24, 48, 80, 160, 176, 304, 512],
    "stackwise_expansion_ratios": [1, 4, 4, 4, 6, 6, 6],
    "stackwise_squeeze_and_excite_ratios": [0, 0, 0, 0.25, 0.25, 0.25, 0.25],
    "stackwise_strides": [1, 2, 2, 2, 1, 2, 1],
    "stackwise_conv_types": ["fused"] * 3 + ["unfused"] * 4,
}
_L = _M | {
    "stackwise_num_repeats": [4, 7, 7, 10, 19, 25, 7],
    "stackwise_input_filters": [32, 32, 64, 96, 192, 224, 384],
    "stackwise_output_filters": [32, 64, 96, 192, 224, 384, 640],
}
_MICRO = {
    "stackwise_kernel_sizes": [3, 3],
    "stackwise_num_repeats": [1, 1],
    "stackwise_input_filters": [8, 8],
    "stackwise_output_filters": [8, 16],
    "stackwise_expansion_ratios": [1, 4],
    "stackwise_squeeze_and_excite_ratios": [0, 0.25],
    "stackwise_strides": [2, 2],
    "stackwise_conv_types": ["fused", "unfused"],
}
_WITH_IMAGENET = ("b0", "b1", "b2", "s")
_OWN = ("nano", "micro")


def _v2(
    size: str,
    base: Mapping[str, Any],
    scale: tuple[float, float],
    params: int,
    pixels: int,
    gflops: float,
) -> Backbone:
    """One size; `scale` multiplies the width and the depth of `base`."""
    name = f"efficientnetv2_{size}"
    return Backbone(
        name=name,
        source="keras-cv",
        class_name="EfficientNetV2Backbone",
        arguments={**base, "width_coefficient": scale[0], "depth_coefficient": scale[1]},
        params=params,
        counted_by="mel: of its own making" if size in _OWN else "keras-cv's preset",
        native_size=pixels,
        gflops=gflops,
        imagenet=f"{name}_imagenet" if size in _WITH_IMAGENET else None,
    )


ENTRIES = (
    _v2("b0", _B, (1.0, 1.0), 5_919_312, 224, 0.7168),
    _v2("b1", _B, (1.0, 1.1), 6_931_124, 240, 1.196),
    _v2("b2", _B, (1.1, 1.2), 8_769_374, 260, 1.696),
    _v2("b3", _B, (1.2, 1.4), 12_930_622, 300, 3.01),
    _v2("s", _S, (1.0, 1.0), 20_331_360, 384, 8.364),
    _v2("m", _M, (1.0, 1.0), 53_150_388, 480, 24.58),
    _v2("l", _L, (1.0, 1.0), 117_746_848, 480, 56.08),
    _v2("nano", _B, (0.5, 0.5), 779_392, 64, 0.007611),
    _v2("micro", _MICRO, (0.05, 1.0), 2_874, 32, 0.000336),
)
