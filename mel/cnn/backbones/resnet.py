"""ResNet (He et al. 2015, arXiv:1512.03385; V2 2016, arXiv:1603.05027), of keras-cv.

V2 normalises before each convolution instead of after it. keras-cv lets the last block of a stack
halve the picture where V1 lets the first one, so V2 computes about three times as much. Its basic
blocks, those of 18 and 34 layers, take the stem's 64 channels as they are, so the first stack must
have 64 filters.
"""

from mel.cnn.backbones.entry import Backbone

__all__ = ["ENTRIES"]

_BLOCKS = {18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3], 101: [3, 4, 23, 3]}
_BLOCKS |= {152: [3, 8, 36, 3]}


def _resnet(depth: int, version: int, params: int, gflops: float) -> Backbone:
    name = f"resnet{depth}" + ("_v2" if version == 2 else "")
    return Backbone(
        name=name,
        source="keras-cv",
        class_name="ResNetV2Backbone" if version == 2 else "ResNetBackbone",
        arguments={
            "stackwise_filters": [64, 128, 256, 512],
            "stackwise_blocks": _BLOCKS[depth],
            "stackwise_strides": [1, 2, 2, 2],
            "block_type": "basic_block" if depth < 50 else "block",
        },
        params=params,
        counted_by="keras-cv's preset",
        native_size=224,
        gflops=gflops,
        imagenet=f"{name}_imagenet" if depth == 50 else None,
    )


_NANO = Backbone(
    name="resnet_v2_nano",
    source="keras-cv",
    class_name="ResNetV2Backbone",
    arguments={
        "stackwise_filters": [16, 32, 64, 128],
        "stackwise_blocks": [2, 2, 2, 2],
        "stackwise_strides": [1, 2, 2, 2],
        "block_type": "block",
    },
    params=897_088,
    counted_by="mel: of its own making",
    native_size=64,
    gflops=0.0367,
)

ENTRIES = (
    _resnet(18, 1, 11_186_112, 1.814),
    _resnet(34, 1, 21_301_696, 3.663),
    _resnet(50, 1, 23_561_152, 3.856),
    _resnet(101, 1, 42_605_504, 7.568),
    _resnet(152, 1, 58_295_232, 11.28),
    _resnet(18, 2, 11_183_488, 4.472),
    _resnet(34, 2, 21_299_072, 11.18),
    _resnet(50, 2, 23_564_800, 11.56),
    _resnet(101, 2, 42_626_560, 26.41),
    _resnet(152, 2, 58_331_648, 41.26),
    _NANO,
)
