"""MobileNetV3 (Howard et al. 2019, arXiv:1905.02244), of keras-cv.

keras-cv's presets hold counts of another build; keras.applications publishes those of this one.
"""

from typing import Any

from mel.cnn.backbones.entry import Backbone

__all__ = ["ENTRIES"]

_SMALL = {
    "stackwise_expansion": [1, 72 / 16, 88 / 24, 4, 6, 6, 3, 3, 6, 6, 6],
    "stackwise_filters": [16, 24, 24, 40, 40, 40, 48, 48, 96, 96, 96],
    "stackwise_kernel_size": [3, 3, 3, 5, 5, 5, 5, 5, 5, 5, 5],
    "stackwise_stride": [2, 2, 1, 2, 1, 1, 1, 1, 2, 1, 1],
    "stackwise_se_ratio": [0.25, None, None, *[0.25] * 8],
    "stackwise_activation": ["relu"] * 3 + ["hard_swish"] * 8,
}
_LARGE = {
    "stackwise_expansion": [1, 4, 3, 3, 3, 3, 6, 2.5, 2.3, 2.3, 6, 6, 6, 6, 6],
    "stackwise_filters": [16, 24, 24, 40, 40, 40, 80, 80, 80, 80, 112, 112, 160, 160, 160],
    "stackwise_kernel_size": [3, 3, 3, 5, 5, 5, 3, 3, 3, 3, 3, 3, 5, 5, 5],
    "stackwise_stride": [1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1],
    "stackwise_se_ratio": [*[None] * 3, *[0.25] * 3, *[None] * 4, *[0.25] * 5],
    "stackwise_activation": ["relu"] * 6 + ["hard_swish"] * 9,
}


def _v3(size: str, arguments: dict[str, Any], params: int, gflops: float) -> Backbone:
    return Backbone(
        name=f"mobilenet_v3_{size}",
        source="keras-cv",
        class_name="MobileNetV3Backbone",
        arguments=arguments,
        params=params,
        counted_by="keras.applications' summary",
        native_size=224,
        gflops=gflops,
        imagenet=f"mobilenet_v3_{size}_imagenet",
    )


ENTRIES = (
    _v3("small", _SMALL, 939_120, 0.0549),
    _v3("large", _LARGE, 2_996_352, 0.2141),
)
