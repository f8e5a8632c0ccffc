"""Weights of another network are refused before anything is made, by the layer that shows it."""

from pathlib import Path

import pytest

from mel.cnn import backbone, check_member
from mel.cnn.jobs import vetting
from mel.config import MemberSettings
from mel.errors import MelError


def _member(path: Path) -> MemberSettings:
    return MemberSettings(backbone="efficientnetv2_micro", size=32, weights=str(path))


def test_a_file_of_another_network_names_the_layer_and_both_shapes(tmp_path: Path) -> None:
    from mel.cnn.networks.body import make_body

    path = tmp_path / "nano.weights.h5"
    make_body(backbone("efficientnetv2_nano"), 32).save_weights(path)
    with pytest.raises(MelError) as caught:
        check_member(_member(path))
    message = str(caught.value)
    assert message.startswith("efficientnetv2_micro: weights ")
    assert "hold 779,392 parameters, the backbone has 2,874" in message
    assert "layer stem_conv is (3, 3, 3, 16) in the file, (3, 3, 3, 8) in the backbone" in message
    assert "\n" not in message


def test_where_no_child_process_can_look_the_count_is_what_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import h5py

    path = tmp_path / "w.h5"
    with h5py.File(path, "w") as file:
        file["layers/x/vars/0"] = [1.0, 2.0, 3.0]

    def killed(*_: object) -> None:
        raise MelError("looking: the process was killed by signal 9")

    monkeypatch.setattr(vetting, "launch", killed)
    with pytest.raises(MelError, match="hold 3 parameters, the backbone has 2,874"):
        check_member(_member(path))
