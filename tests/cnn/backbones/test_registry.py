"""The registry holds what it says, and reading it costs nothing."""

import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mel.cnn import Backbone, backbone, backbones
from mel.cnn.backbones import check_size
from mel.errors import MelError

ROOT = Path(__file__).parents[3]
RESULT = ROOT / "benchmarks" / "results" / "backbones.md"
FAMILIES = {  # what the registry promises, by pattern
    r"efficientnetv1_b[0-7]": 8,
    r"efficientnetv2_(b[0-3]|s|m|l)": 7,
    r"efficientnetlite_b[0-4]": 5,
    r"resnet(18|34|50|101|152)(_v2)?": 10,
    r"densenet(121|169|201)": 3,
    r"mobilenet_v3_(small|large)": 2,
    r"csp_darknet_(tiny|s|m|l|xl)": 5,
    r"mit_b[0-5]": 6,
    r"keras_efficientnet_b[0-7]": 8,
    r"keras_efficientnetv2_(b[0-3]|s|m|l)": 7,
    r"keras_convnext_(tiny|small|base|large|xlarge)": 5,
    r"(efficientnetv2_(nano|micro)|resnet_v2_nano|csp_darknet_nano)": 4,
}

SMALLEST = [min(backbones(f"^{p}$"), key=lambda b: b.params).name for p in FAMILIES]


def test_listing_backbones_imports_no_tensorflow() -> None:
    code = "import sys, mel.cnn; mel.cnn.backbones(); sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(("pattern", "count"), FAMILIES.items())
def test_every_size_of_every_family_is_there(pattern: str, count: int) -> None:
    assert len(backbones(f"^{pattern}$")) == count


def test_the_families_are_all_there_is_and_no_name_is_given_twice() -> None:
    assert len(backbones()) == sum(FAMILIES.values()) == len({b.name for b in backbones()})


def test_a_mistyped_backbone_is_answered_with_near_matches() -> None:
    with pytest.raises(MelError, match=r"'efficientnet_v2_b0'; did you mean 'efficientnetv2_b0'"):
        backbone("efficientnet_v2_b0")


def test_a_pattern_selects_by_name_and_a_broken_one_is_refused() -> None:
    assert [b.name for b in backbones("^resnet50")] == ["resnet50", "resnet50_v2"]
    assert backbones("nothing like it") == []
    with pytest.raises(MelError, match="no regular expression"):
        backbones("(")


@pytest.mark.parametrize("entry", backbones(), ids=lambda b: b.name)
def test_an_entry_is_whole_and_cannot_be_changed(entry: Backbone) -> None:
    assert re.fullmatch(r"[a-z0-9_]+", entry.name)
    assert entry.params > 0
    assert 0 < entry.gflops < 400
    assert entry.counted_by
    check_size(entry, entry.native_size)
    with pytest.raises(dataclasses.FrozenInstanceError):
        entry.params = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        entry.arguments["depth"] = 1  # type: ignore[index]


def test_larger_kin_have_more_parameters_and_compute_more() -> None:
    for pattern in (
        r"^efficientnetv1_b",
        r"^efficientnetlite_b",
        "^mit_b",
        "^keras_efficientnet_b",
    ):
        kin = backbones(pattern)
        assert kin == sorted(kin, key=lambda b: b.params)
        assert kin == sorted(kin, key=lambda b: b.gflops)


@pytest.mark.parametrize("name", SMALLEST)
def test_the_smallest_of_a_family_has_its_published_parameter_count(name: str) -> None:
    import keras

    from mel.cnn.networks.body import make_body

    with keras.StatelessScope():  # shapes only, no numbers
        assert make_body(backbone(name), 64).count_params() == backbone(name).params


@pytest.mark.parametrize("entry", backbones(), ids=lambda b: b.name)
def test_the_benchmark_built_every_backbone_and_counted_what_the_registry_says(
    entry: Backbone,
) -> None:
    """It takes minutes, so the largest are built there; its result is kept with the code."""
    lines = RESULT.read_text(encoding="utf-8").splitlines()
    (row,) = [line for line in lines if line.startswith(f"| {entry.name} | {entry.source} |")]
    cells = [cell.strip() for cell in row.split("|")]
    assert cells[3] == f"{entry.params:,}"
    assert cells[5] == str(entry.native_size)
    assert float(cells[6]) == pytest.approx(entry.gflops, rel=0.01)


@pytest.mark.parametrize(
    ("name", "size", "instead"),
    [
        ("mit_b0", 100, "multiples of 32, not 100; set size = 96 or 128"),
        ("csp_darknet_tiny", 33, "multiples of 2, not 33; set size = 32 or 34"),
        ("keras_convnext_tiny", 20, "from 32 pixels, not 20; set size = 32"),
    ],
)
def test_a_size_that_a_backbone_does_not_take_is_refused(
    name: str, size: int, instead: str
) -> None:
    with pytest.raises(MelError, match=instead):
        check_size(backbone(name), size)


def test_only_a_source_that_has_imagenet_weights_promises_them() -> None:
    able = {b.name for b in backbones() if b.source == "keras-cv" and b.imagenet}
    assert able == {
        *("efficientnetv2_b0", "efficientnetv2_b1", "efficientnetv2_b2", "efficientnetv2_s"),
        *("resnet50", "resnet50_v2", "densenet121", "densenet169", "densenet201"),
        *("mobilenet_v3_small", "mobilenet_v3_large", "csp_darknet_tiny", "csp_darknet_l"),
        "mit_b0",
    }
    assert all(b.imagenet for b in backbones("^keras_"))


def test_promised_presets_are_keras_cvs_own() -> None:
    import keras_cv

    for entry in backbones():
        if entry.source == "keras-cv":
            factory = getattr(keras_cv.models, entry.class_name)
            known = {name for name in factory.presets if name == f"{entry.name}_imagenet"}
            assert known == ({entry.imagenet} if entry.imagenet else set())
