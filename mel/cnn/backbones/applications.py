"""The second source, keras.applications: all of these have ImageNet weights.

EfficientNet (arXiv:1905.11946), EfficientNetV2 (arXiv:2104.00298) and ConvNeXt (Liu et al. 2022,
arXiv:2201.03545). Parameters are those of the published summaries without a head.
"""

from mel.cnn.backbones.entry import Backbone

__all__ = ["ENTRIES"]

_STATISTICS = "ImageNet's mean and deviation"


def _entry(
    name: str, function: str, params: int, pixels: int, gflops: float, preprocessing: str
) -> Backbone:
    return Backbone(
        name=f"keras_{name}",
        source="keras.applications",
        class_name=function,
        arguments={},
        params=params,
        counted_by="keras.applications' summary",
        native_size=pixels,
        gflops=gflops,
        preprocessing=preprocessing,
        imagenet="imagenet",
        least=32,
    )


def _v1(size: str, params: int, pixels: int, gflops: float) -> Backbone:
    how = "pixels / 255, then a mean and deviation that come with its weights"
    return _entry(
        f"efficientnet_{size}", f"EfficientNet{size.upper()}", params, pixels, gflops, how
    )


def _v2(size: str, params: int, pixels: int, gflops: float) -> Backbone:
    how = f"pixels / 255, {_STATISTICS}" if size.startswith("b") else "pixels / 128 - 1"
    function = f"EfficientNetV2{size.upper()}"
    return _entry(f"efficientnetv2_{size}", function, params, pixels, gflops, how)


def _convnext(size: str, params: int, gflops: float) -> Backbone:
    function = "ConvNeXtXLarge" if size == "xlarge" else f"ConvNeXt{size.capitalize()}"
    return _entry(f"convnext_{size}", function, params, 224, gflops, _STATISTICS)


ENTRIES = (
    _v1("b0", 4_049_571, 224, 0.3845),
    _v1("b1", 6_575_239, 240, 0.6855),
    _v1("b2", 7_768_569, 260, 0.9922),
    _v1("b3", 10_783_535, 300, 1.826),
    _v1("b4", 17_673_823, 380, 4.392),
    _v1("b5", 28_513_527, 456, 10.26),
    _v1("b6", 40_960_143, 528, 19.07),
    _v1("b7", 64_097_687, 600, 37.74),
    _v2("b0", 5_919_312, 224, 0.7168),
    _v2("b1", 6_931_124, 240, 1.196),
    _v2("b2", 8_769_374, 260, 1.696),
    _v2("b3", 12_930_622, 300, 3.01),
    _v2("s", 20_331_360, 384, 8.364),
    _v2("m", 53_150_388, 480, 24.58),
    _v2("l", 117_746_848, 480, 56.08),
    _convnext("tiny", 27_820_128, 4.455),
    _convnext("small", 49_454_688, 8.683),
    _convnext("base", 87_566_464, 15.35),
    _convnext("large", 196_230_336, 34.36),
    _convnext("xlarge", 348_147_968, 60.92),
)
