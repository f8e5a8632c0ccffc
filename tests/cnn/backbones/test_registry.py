"""The registry holds what it says, and reading it costs nothing."""

import subprocess
import sys

import pytest

from mel.cnn import backbone, backbones
from mel.errors import MelError


def test_listing_backbones_imports_no_tensorflow() -> None:
    code = "import sys, mel.cnn; mel.cnn.backbones(); sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_mistyped_backbone_is_answered_with_near_matches() -> None:
    with pytest.raises(MelError, match=r"'efficientnet_v2_b0'; did you mean 'efficientnetv2_b0'"):
        backbone("efficientnet_v2_b0")


def test_a_pattern_selects_by_name_and_a_broken_one_is_refused() -> None:
    assert [b.name for b in backbones("^resnet50")] == ["resnet50_v2"]
    assert backbones("nothing like it") == []
    with pytest.raises(MelError, match="no regular expression"):
        backbones("(")


# The largest are left to the published numbers of their smaller kin: they differ in depth only.
@pytest.mark.parametrize(
    "name",
    [b.name for b in backbones() if b.params < 13_000_000],
)
def test_a_built_backbone_has_its_published_parameter_count(name: str) -> None:
    import keras_cv

    entry = backbone(name)
    factory = getattr(keras_cv.models, entry.class_name)
    built = factory(include_rescaling=True, input_shape=(64, 64, 3), **entry.arguments)
    assert built.count_params() == entry.params
