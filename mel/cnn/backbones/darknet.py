"""CSPDarkNet (Wang et al. 2020, arXiv:1911.11929), as in YOLOX (arXiv:2107.08430), of keras-cv."""

from mel.cnn.backbones.entry import Backbone

__all__ = ["ENTRIES"]

_WITH_IMAGENET = ("tiny", "l")


def _csp(size: str, width: int, depth: list[int], params: int, gflops: float) -> Backbone:
    """One size: `width` channels in the first of four levels, twice as many in each further one."""
    name = f"csp_darknet_{size}"
    return Backbone(
        name=name,
        source="keras-cv",
        class_name="CSPDarkNetBackbone",
        arguments={
            "stackwise_channels": [width, width * 2, width * 4, width * 8],
            "stackwise_depth": depth,
        },
        params=params,
        counted_by="mel: of its own making" if size == "nano" else "keras-cv's preset",
        native_size=64 if size == "nano" else 224,
        gflops=gflops,
        imagenet=f"{name}_imagenet" if size in _WITH_IMAGENET else None,
        multiple=2,  # its first layer deals the pixels to four pictures of half the side
    )


ENTRIES = (
    _csp("nano", 32, [1, 1, 1, 1], 958_208, 0.01186),
    _csp("tiny", 48, [1, 3, 3, 1], 2_380_416, 0.3829),
    _csp("s", 64, [1, 3, 3, 1], 4_223_488, 0.6663),
    _csp("m", 96, [2, 6, 6, 2], 12_374_400, 2.045),
    _csp("l", 128, [3, 9, 9, 3], 27_111_424, 4.634),
    _csp("xl", 170, [4, 12, 12, 4], 56_837_970, 9.949),
)
