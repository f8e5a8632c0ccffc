"""Weights: all of them from the file, or one line that says which layer does not fit."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mel.cnn.backbones import Backbone, backbone, check_weights
from mel.config import MemberSettings
from mel.errors import MelError

MICRO = "efficientnetv2_micro"


def body(name: str = MICRO, seed: int = 0) -> Any:
    """A backbone whose every weight is a random number, running statistics among them."""
    from mel.cnn.networks.body import make_body

    return filled(make_body(backbone(name), 32), seed)


def filled(model: Any, seed: int = 0) -> Any:
    draw = np.random.default_rng(seed)
    model.set_weights([draw.random(w.shape).astype(w.dtype) + 0.1 for w in model.get_weights()])
    return model


def member(weights: Path | str) -> MemberSettings:
    return MemberSettings(backbone=MICRO, size=32, weights=str(weights))


def held(settings: MemberSettings) -> list[Any]:
    """The backbone's weights in the network that is built."""
    from mel.cnn.networks import body_layers, build

    return [w for layer in body_layers(build(settings)) for w in layer.get_weights()]


def same(settings: MemberSettings, saved: Any) -> bool:
    own = held(settings)
    return len(own) == len(saved.get_weights()) and all(
        np.array_equal(a, b) for a, b in zip(own, saved.get_weights(), strict=True)
    )


def loaded(entry: Backbone, model: Any, weights: Path | str) -> Any:
    from mel.cnn.networks.weights import load_weights

    load_weights(model, entry, str(weights))
    return model


def preset(model: Any, folder: Path) -> Path:
    from keras_cv.src.utils.preset_utils import save_to_preset

    save_to_preset(model, str(folder))
    return folder


@pytest.mark.parametrize("form", ["preset", "weights.h5", "h5", "renamed.h5", "keras"])
def test_every_form_of_weights_loads_all_of_them(form: str, tmp_path: Path) -> None:
    saved = body()
    path = tmp_path / f"model.{form}"
    if form == "preset":
        preset(saved, path)
    elif form == "keras":
        saved.save(path)
    elif form == "h5":
        _save_legacy(saved, path)
    else:
        saved.save_weights(tmp_path / "model.weights.h5")
        (tmp_path / "model.weights.h5").rename(path)
    check_weights(backbone(MICRO), str(path))
    assert same(member(path), saved)


def _save_legacy(model: Any, path: Path) -> None:
    """The format of keras.applications' published files: a group a layer, listed in order."""
    import h5py
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    with h5py.File(path, "w") as file:
        save_weights_to_hdf5_group(file, model)


@pytest.mark.parametrize("name", ["csp_darknet_nano", "resnet_v2_nano", "efficientnetv2_nano"])
def test_a_preset_of_another_family_goes_round(name: str, tmp_path: Path) -> None:
    saved = body(name)
    other = loaded(backbone(name), body(name, seed=1), preset(saved, tmp_path / "preset"))
    assert all(
        np.array_equal(a, b) for a, b in zip(saved.get_weights(), other.get_weights(), strict=True)
    )


def test_weights_of_another_backbone_are_refused_with_the_layer_and_both_shapes(
    tmp_path: Path,
) -> None:
    folder = preset(body("efficientnetv2_nano"), tmp_path / "preset")
    with pytest.raises(MelError) as caught:
        held(member(folder))
    message = str(caught.value)
    assert "hold 779,392 parameters, the backbone has 2,874" in message
    assert "those of efficientnetv2_nano" in message
    assert "layer stem_conv is (3, 3, 3, 16) in the file, (3, 3, 3, 8) in the backbone" in message
    assert "\n" not in message
    with pytest.raises(MelError, match="hold 779,392 parameters, the backbone has 2,874"):
        check_weights(backbone(MICRO), str(folder))


@pytest.mark.parametrize("kind", ["present", "legacy"])
def test_as_many_parameters_in_other_shapes_are_refused_by_layer(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "w.weights.h5"
    _rewritten(path, kind, lambda name, value: value.T if name.endswith("top_conv") else value)
    with pytest.raises(MelError, match=r"layer top_conv is \(64, 8, 1, 1\).*, \(1, 1, 8, 64\) in"):
        held(member(path))
    check_weights(backbone(MICRO), str(path))


@pytest.mark.parametrize("kind", ["present", "legacy"])
def test_half_of_the_weights_are_refused_by_the_first_missing_layer(
    kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "w.weights.h5"
    _rewritten(path, kind, lambda name, value: None if name.startswith("top_") else value)
    with pytest.raises(MelError, match=r"nothing for layer top_conv of \(1, 1, 8, 64\)"):
        held(member(path))
    with pytest.raises(MelError, match="the backbone has 2,874"):
        check_weights(backbone(MICRO), str(path))


def _rewritten(path: Path, kind: str, change: Any) -> None:
    """Save micro weights, each array changed by its layer's name; None leaves it out."""
    import h5py

    saved = body()
    if kind == "legacy":
        _save_legacy(saved, path)
    else:
        saved.save_weights(path)
    with h5py.File(path, "a") as file:
        places: list[str] = []
        file.visititems(lambda name, item: places.append(name) if hasattr(item, "dtype") else None)
        for place in places:
            name = place.split("/")[0] if kind == "legacy" else file[place].parent.attrs["name"]
            value = change(str(name), file[place][()])
            del file[place]
            if value is not None:
                file[place] = value
        if kind == "legacy":
            listed = [n for n in file.attrs["layer_names"] if _arrays_of(file[n])]
            file.attrs["layer_names"] = listed


def _arrays_of(group: Any) -> list[str]:
    found: list[str] = []
    group.visititems(lambda name, item: found.append(name) if hasattr(item, "dtype") else None)
    return found


def test_nothing_is_trained_from_scratch_where_keras_reads_a_file_and_matches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "w.weights.h5"
    body().save_weights(path)
    fresh = body(seed=1)
    monkeypatch.setattr(type(fresh), "load_weights", lambda self, path: None)
    with pytest.raises(MelError, match="right shapes in an order that is not"):
        loaded(backbone(MICRO), fresh, path)


def test_a_file_with_a_head_is_refused_and_told_so(tmp_path: Path) -> None:
    import keras

    base = body()
    top = keras.layers.Dense(7)(keras.layers.GlobalAveragePooling2D()(base.output))
    keras.Model(base.input, top).save_weights(tmp_path / "w.weights.h5")
    with pytest.raises(MelError, match="without a head"):
        held(member(tmp_path / "w.weights.h5"))


@pytest.mark.parametrize("harm", ["cut", "text", "empty folder", "no archive", "other suffix"])
def test_a_damaged_file_is_refused_before_tensorflow_starts(harm: str, tmp_path: Path) -> None:
    path = tmp_path / {"no archive": "w.keras", "other suffix": "w.pth"}.get(harm, "w.h5")
    if harm == "cut":
        body().save_weights(tmp_path / "w.weights.h5")
        path.write_bytes((tmp_path / "w.weights.h5").read_bytes()[:3000])
    elif harm == "empty folder":
        path = tmp_path / "preset"
        path.mkdir()
    else:
        path.write_text("nothing")
    with pytest.raises(MelError) as caught:
        check_weights(backbone(MICRO), str(path))
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_weights_are_checked_without_tensorflow(tmp_path: Path) -> None:
    body().save_weights(tmp_path / "w.weights.h5")
    code = (
        "import sys; from mel.cnn import backbone, check_weights\n"
        f"check_weights(backbone({MICRO!r}), {str(tmp_path / 'w.weights.h5')!r})\n"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_keras_file_is_read_and_its_code_is_not(tmp_path: Path) -> None:
    """Its config may name any function: only the arrays in it are looked at."""
    saved = body()
    saved.save(tmp_path / "whole.keras")
    with zipfile.ZipFile(tmp_path / "whole.keras") as whole:
        arrays = whole.read("model.weights.h5")
    with zipfile.ZipFile(tmp_path / "bare.keras", "w") as bare:
        bare.writestr("model.weights.h5", arrays)
        bare.writestr("config.json", json.dumps({"module": "os", "class_name": "system"}))
        bare.writestr("metadata.json", "{}")
    assert same(member(tmp_path / "bare.keras"), saved)


def test_imagenet_weights_that_cannot_be_downloaded_end_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import keras_cv

    def fail(*_: Any, **__: Any) -> None:
        raise ConnectionError("no route to the hub\nand more")

    monkeypatch.setattr(keras_cv.models.MobileNetV3Backbone, "from_preset", fail)
    settings = MemberSettings(backbone="mobilenet_v3_small", size=32, weights="imagenet")
    with pytest.raises(MelError, match=r"no route to the hub\); with no network, attach") as caught:
        held(settings)
    assert "\n" not in str(caught.value)


def test_imagenet_weights_are_copied_whole_or_refused_by_layer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import keras_cv

    entry = backbone(MICRO)
    with_weights = Backbone(**{**_fields(entry), "imagenet": "micro_imagenet"})
    source = body(seed=3)
    factory = keras_cv.models.EfficientNetV2Backbone
    monkeypatch.setattr(factory, "from_preset", lambda name, load_weights: source)
    copied = loaded(with_weights, body(seed=4), "imagenet")
    assert all(map(np.array_equal, copied.get_weights(), source.get_weights()))
    other = body("efficientnetv2_nano")
    monkeypatch.setattr(factory, "from_preset", lambda name, load_weights: other)
    with pytest.raises(MelError, match=r"layer stem_conv/kernel: \(3, 3, 3, 16\) there"):
        loaded(with_weights, body(), "imagenet")


def _fields(entry: Backbone) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in entry.__dataclass_fields__}


def test_efficientnet_of_keras_sees_the_pixels_that_its_imagenet_weights_were_made_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its network with weights="imagenet" has one more layer; the one built here has not."""
    import keras
    from keras.src.applications import efficientnet

    from mel.cnn.networks.body import make_body

    saved = make_body(backbone("keras_efficientnet_b0"), 32)
    deviation = np.array([0.229, 0.224, 0.225], np.float32)
    first = [np.array([0.485, 0.456, 0.406], np.float32), deviation, np.array(0)]
    norm = next(x for x in saved.layers if isinstance(x, keras.layers.Normalization))
    norm.set_weights([v.reshape(w.shape) for v, w in zip(first, norm.get_weights(), strict=True)])
    path = tmp_path / "efficientnetb0_notop.weights.h5"
    saved.save_weights(path)
    monkeypatch.setattr(efficientnet.file_utils, "get_file", lambda *_, **__: path)
    published = keras.applications.EfficientNetB0(include_top=False, input_shape=(32, 32, 3))
    own = loaded(
        backbone("keras_efficientnet_b0"), make_body(backbone("keras_efficientnet_b0"), 32), path
    )
    pixels = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3)).astype(np.float32)
    theirs, ours = published(pixels), own(pixels)
    assert np.abs(theirs - saved(pixels)).max() > 0.01 * np.abs(theirs).max()
    assert np.allclose(theirs, ours, rtol=1e-4, atol=1e-4 * np.abs(theirs).max())


def test_no_network_at_all_ends_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real attempt at keras.applications' store, by a proxy that is not there."""
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setattr("urllib.request._opener", None)
    monkeypatch.setattr("keras.src.utils.file_utils.config.keras_home", lambda: str(tmp_path))
    settings = MemberSettings(backbone="keras_efficientnetv2_b0", size=32, weights="imagenet")
    with pytest.raises(MelError, match="ImageNet weights cannot be downloaded") as caught:
        held(settings)
    assert "attach keras.applications' notop file of EfficientNetV2B0 and" in str(caught.value)
    assert "\n" not in str(caught.value)
