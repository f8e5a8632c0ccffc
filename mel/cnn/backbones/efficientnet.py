"""EfficientNet and EfficientNet-Lite (Tan and Le 2019, arXiv:1905.11946), of keras-cv.

Lite is the same without squeeze and excitation, with ReLU6, and with a stem and a top that do not
grow. keras-cv's presets hold counts of another build. keras.applications publishes those of this
one for V1, and counts the seven numbers of its input normalisation as well; timm publishes those
of Lite, with a head of 1,000 classes and without the running statistics of batch normalisation.
"""

from mel.cnn.backbones.entry import Backbone

__all__ = ["ENTRIES"]

_STACKS = {
    "stackwise_kernel_sizes": [3, 3, 5, 3, 5, 5, 3],
    "stackwise_num_repeats": [1, 2, 2, 3, 3, 4, 1],
    "stackwise_input_filters": [32, 16, 24, 40, 80, 112, 192],
    "stackwise_output_filters": [16, 24, 40, 80, 112, 192, 320],
    "stackwise_expansion_ratios": [1, 6, 6, 6, 6, 6, 6],
    "stackwise_strides": [1, 2, 2, 2, 1, 2, 1],
}
_SQUEEZE = {"stackwise_squeeze_and_excite_ratios": [0.25] * 7}
_NORMALIZATION = 7
_HEAD = 1000 * (1280 + 1)


def _v1(size: str, width: float, depth: float, pixels: int, published: int, g: float) -> Backbone:
    scale = {"width_coefficient": width, "depth_coefficient": depth}
    return Backbone(
        name=f"efficientnetv1_{size}",
        source="keras-cv",
        class_name="EfficientNetV1Backbone",
        arguments=_STACKS | _SQUEEZE | scale,
        params=published - _NORMALIZATION,
        counted_by="keras.applications' summary without its normalisation",
        native_size=pixels,
        gflops=g,
    )


def _lite(
    size: str, scale: tuple[float, float], pixels: int, published: int, running: int, g: float
) -> Backbone:
    return Backbone(
        name=f"efficientnetlite_{size}",
        source="keras-cv",
        class_name="EfficientNetLiteBackbone",
        arguments=_STACKS | {"width_coefficient": scale[0], "depth_coefficient": scale[1]},
        params=published - _HEAD + running,
        counted_by="timm's, without its head, with the running statistics",
        native_size=pixels,
        gflops=g,
    )


ENTRIES = (
    _v1("b0", 1.0, 1.0, 224, 4_049_571, 0.3845),
    _v1("b1", 1.0, 1.1, 240, 6_575_239, 0.6855),
    _v1("b2", 1.1, 1.2, 260, 7_768_569, 0.9922),
    _v1("b3", 1.2, 1.4, 300, 10_783_535, 1.826),
    _v1("b4", 1.4, 1.8, 380, 17_673_823, 4.392),
    _v1("b5", 1.6, 2.2, 456, 28_513_527, 10.26),
    _v1("b6", 1.8, 2.6, 528, 40_960_143, 19.07),
    _v1("b7", 2.0, 3.1, 600, 64_097_687, 37.74),
    _lite("b0", (1.0, 1.0), 224, 4_652_008, 42_016, 0.3839),
    _lite("b1", (1.0, 1.1), 240, 5_416_680, 53_664, 0.5989),
    _lite("b2", (1.1, 1.2), 260, 6_092_072, 58_096, 0.8585),
    _lite("b3", (1.2, 1.4), 280, 8_197_096, 76_672, 1.382),
    _lite("b4", (1.4, 1.8), 300, 13_006_568, 112_368, 2.552),
)
