"""Mix Transformer, SegFormer's encoder (Xie et al. 2021, arXiv:2105.15203), of keras-cv.

keras-cv's presets count a head of ten classes, which is no part of the class that they build.
"""

from mel.cnn.backbones.entry import Backbone

__all__ = ["ENTRIES"]

_CLASSES = 10


def _mit(size: str, width: int, depths: list[int], published: int, gflops: float) -> Backbone:
    name, last = f"mit_{size}", width * 8
    return Backbone(
        name=name,
        source="keras-cv",
        class_name="MiTBackbone",
        arguments={"embedding_dims": [width, width * 2, width * 5, last], "depths": depths},
        params=published - _CLASSES * (last + 1),
        counted_by="keras-cv's preset without its head of ten classes",
        native_size=224,
        gflops=gflops,
        imagenet=f"{name}_imagenet" if size == "b0" else None,
        multiple=32,  # its stages take every fourth, then three times every second position
        least=64,  # below, its last stage has one position, of which keras-cv loses the shape
    )


ENTRIES = (
    _mit("b0", 32, [2, 2, 2, 2], 3_321_962, 0.4522),
    _mit("b1", 64, [2, 2, 2, 2], 13_156_554, 1.675),
    _mit("b2", 64, [3, 4, 6, 3], 24_201_418, 3.271),
    _mit("b3", 64, [3, 4, 18, 3], 44_077_258, 6.141),
    _mit("b4", 64, [3, 8, 27, 3], 60_847_818, 8.92),
    _mit("b5", 64, [3, 6, 40, 3], 81_448_138, 11.72),
)
