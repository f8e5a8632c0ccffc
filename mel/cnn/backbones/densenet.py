"""DenseNet (Huang et al. 2017, arXiv:1608.06993), of keras-cv."""

from mel.cnn.backbones.entry import Backbone

__all__ = ["ENTRIES"]


def _densenet(depth: int, repeats: list[int], params: int, gflops: float) -> Backbone:
    return Backbone(
        name=f"densenet{depth}",
        source="keras-cv",
        class_name="DenseNetBackbone",
        arguments={"stackwise_num_repeats": repeats},
        params=params,
        counted_by="keras.applications' summary",
        native_size=224,
        gflops=gflops,
        imagenet=f"densenet{depth}_imagenet",
    )


ENTRIES = (
    _densenet(121, [6, 12, 24, 16], 7_037_504, 2.833),
    _densenet(169, [6, 12, 32, 32], 12_642_880, 3.358),
    _densenet(201, [6, 12, 48, 32], 18_321_984, 4.289),
)
