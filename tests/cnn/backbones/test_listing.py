"""`mel cnn list` says what a choice needs, on the lines of a terminal."""

import subprocess
import sys

from mel.cnn import backbones


def _list(*words: str) -> list[str]:
    command = [sys.executable, "-m", "mel.cli", "cnn", "list", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def test_every_backbone_is_a_line_of_at_most_80_columns() -> None:
    lines = _list()
    assert [line.split()[0] for line in lines[1:]] == [b.name for b in backbones()]
    assert max(map(len, lines)) <= 80


def test_a_pattern_matches_in_any_case_and_one_that_matches_nothing_is_refused() -> None:
    assert _list("^EfficientNetV2_B0$")[1:] == _list("^efficientnetv2_b0$")[1:]
    command = [sys.executable, "-m", "mel.cli", "cnn", "list", "efficientnet_v2_b0"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no backbone matches" in done.stderr
    assert "did you mean 'efficientnetv2_b0'" in done.stderr


def test_a_line_holds_parameters_size_work_and_weights() -> None:
    header, line = _list("^efficientnetv2_b0$")
    assert header.split() == ["backbone", "parameters", "made", "for", "GFLOPs", "weights"]
    assert line.split()[:3] == ["efficientnetv2_b0", "5,919,312", "224"]
    assert 0.5 < float(line.split()[3]) < 1
    assert line.split()[4] == "imagenet"
    assert _list("^efficientnetv1_b7$")[1].split()[4] == "none"
