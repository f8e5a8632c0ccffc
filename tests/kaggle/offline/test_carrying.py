"""What a notebook's image lacks is carried, nothing else, and only what would install there."""

import os
from pathlib import Path

import pytest

from mel.errors import MelError
from mel.kaggle.offline.carrying import carry, walked
from mel.kaggle.offline.image import Image, read_image
from mel.kaggle.offline.tools import _advice, pip
from mel.kaggle.offline.wheel import Wheel, is_whole

from .conftest import write_wheel

IMAGE = Image("3.12", "2.35", {"old": "1.0", "kept": "1.0", "deep": "1.0"}, "a list")


@pytest.fixture(scope="module")
def carried(shelf: Path, tmp_path_factory: pytest.TempPathFactory):
    """A mel that needs old>=2, of which the image has 1, kept, and new, which needs deep>=2."""
    place = tmp_path_factory.mktemp("carried")
    for name, version in (("old", "2.1"), ("kept", "3.0"), ("deep", "2.0"), ("extra", "1.0")):
        write_wheel(shelf, name, version)
    for name in ("before", "after"):
        write_wheel(shelf, name, "1.0")
    marked = ["before; python_version < '3.12'", "after; python_version >= '3.12'"]
    write_wheel(shelf, "new", "1.0", ["deep>=2", *marked])
    write_wheel(shelf, "new", "9.0", tag="cp311-cp311-manylinux2014_x86_64")
    own = write_wheel(
        place, "mel", "0.1.0", ["old>=2", "kept", "new", "extra; extra == 'train'", "x; extra=='y'"]
    )
    folder = place / "wheels"
    folder.mkdir()
    own = own.rename(folder / own.name)
    (folder / "new-1.0-py3-none-any.whl").write_bytes(b"PK cut off")
    write_wheel(folder, "stale", "1.0")
    return own, carry(own, ["train"], IMAGE, folder), folder


def test_what_the_image_has_is_left_out_and_what_it_lacks_is_carried(carried):
    _, found, folder = carried
    names = {f"{wheel.name} {wheel.version}" for wheel in found.wheels}
    assert names == {"old 2.1", "new 1.0", "deep 2.0", "extra 1.0", "after 1.0", "mel 0.1.0"}
    assert {path.name for path in folder.iterdir()} == {one.path.name for one in found.wheels}


def test_a_package_that_mel_cannot_use_as_the_image_has_it_is_replaced_and_named(carried):
    assert carried[1].replaced == {"old": ("1.0", "2.1"), "deep": ("1.0", "2.0")}


def test_a_wheel_that_was_cut_off_is_fetched_again(carried):
    assert all(is_whole(path) for path in carried[2].iterdir())


def test_a_gap_is_seen_whatever_made_it(carried, tmp_path: Path):
    """Missing, too old, or for another Python."""
    whole = carried[1].wheels
    assert walked(whole, ["train"], IMAGE) == (list(whole), [])
    rest = [one for one in whole if one.name != "deep"]
    assert walked(rest, ["train"], IMAGE)[1] == ["deep>=2"]
    for number, other in enumerate(({"tag": "cp311-cp311-linux_x86_64"}, {"python": ">=3.13"})):
        (place := tmp_path / str(number)).mkdir()
        strange = Wheel(write_wheel(place, "deep", "2.0", **other))
        assert walked([*rest, strange], ["train"], IMAGE)[1] == ["deep>=2"]


@pytest.mark.parametrize(
    ("wheel", "said"),
    [
        ({"tag": "cp311-cp311-linux_x86_64"}, "which takes >=3.8: does not fit Python 3.12"),
        ({"python": "<3.12,>=3.11"}, "which takes <3.12,>=3.11: does not fit Python 3.12"),
    ],
)
def test_mels_own_wheel_must_fit_the_notebooks_python(wheel, said, tmp_path: Path):
    """By its name as by what it asks for: pip would look for a way round through all versions."""
    own = write_wheel(tmp_path, "mel", "0.1.0", **wheel)
    with pytest.raises(MelError, match=said):
        carry(own, [], IMAGE, tmp_path / "wheels")
    assert not (tmp_path / "wheels").exists()


def test_an_extra_that_mel_has_not_is_refused_with_those_it_has(carried, tmp_path: Path):
    with pytest.raises(MelError, match="no extra 'trian'; it has: train, y"):
        carry(carried[0], ["trian"], IMAGE, tmp_path / "wheels")
    assert not (tmp_path / "wheels").exists()


def test_no_network_is_one_line_of_advice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://me:hunter2secret@127.0.0.1:9/simple")
    with pytest.raises(MelError, match=r"^no package index can be reached; see whether .+$") as e:
        pip("download", "--retries", "1", "--dest", str(tmp_path), "anything")
    assert "hunter2" not in str(e.value) + e.value.said


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("ERROR: No matching distribution found for openvino>=2025", "openvino>=2025: no wheel"),
        ("ERROR: [Errno 28] No space left on device", "the disk is full"),
        ("/usr/bin/python: No module named pip", "ensurepip"),
        ("ERROR: ResolutionImpossible: see", "contradict each other"),
        ("ERROR: something else\n happened", "pip: ERROR: something else happened"),
    ],
)
def test_each_refusal_of_pip_is_one_line(said: str, advice: str):
    found = _advice(said)
    assert advice in found
    assert "\n" not in found


def test_the_list_that_comes_with_mel_admits_what_mel_needs_of_it():
    """None of what the image is said to have would be replaced: mel's bounds are as low."""
    from importlib.metadata import requires

    from packaging.requirements import Requirement

    image = read_image()
    for text in requires("mel") or []:
        one = Requirement(text)
        version = image.packages.get(one.name)
        assert version is None or one.specifier.contains(version), text
    for name, version in {"tensorflow": "2.19.0", "protobuf": "5.29.5", "polars": "1.31.0"}.items():
        assert image.packages[name] == version
    assert not {"streamlit", "openvino"} & set(image.packages)


@pytest.mark.parametrize("text", ["", "a>=1\n", "nonsense"])
def test_a_list_without_versions_is_no_image(tmp_path: Path, text: str):
    (tmp_path / "freeze.txt").write_text(text)
    with pytest.raises(MelError, match="lists no package as name==version"):
        read_image(tmp_path / "freeze.txt")


@pytest.mark.parametrize("python", ["3", "2.7", "3.12.1", "three"])
def test_a_python_that_is_none_is_refused(python: str):
    with pytest.raises(MelError, match="is no version; give one such as"):
        read_image(python=python)


def test_what_a_wheel_says_wrongly_of_itself_is_one_line_and_leaves_nothing(tmp_path: Path):
    own = write_wheel(tmp_path, "mel", "0.1.0", ["???"])
    with pytest.raises(MelError, match="is no readable wheel"):
        carry(own, [], IMAGE, tmp_path / "wheels")
    assert not (tmp_path / "wheels").exists()
