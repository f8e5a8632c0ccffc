"""Tiny wheels in a folder that is pip's only source, and a bundle of mel's own wheel."""

import zipfile
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from sys import version_info
from typing import NamedTuple

import pytest

from mel.kaggle.offline import Packed, bundle
from mel.pipeline import embedded

HERE = f"{version_info[0]}.{version_info[1]}"
RUNNING = HERE.replace(".", "")


def write_wheel(
    folder: Path,
    name: str,
    version: str,
    needs: Sequence[str] = (),
    tag: str = "py3-none-any",
    python: str = ">=3.8",
) -> Path:
    """Write a wheel without content; `needs` are the lines after Requires-Dist."""
    stem = f"{name.replace('-', '_')}-{version}"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Python: {python}"]
    lines += [f"Requires-Dist: {need}" for need in needs]
    lines += ["Provides-Extra: train", "Provides-Extra: serve"] if name == "mel" else []
    path = folder / f"{stem}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{stem}.dist-info/METADATA", "\n".join(lines) + "\n")
        wheel = f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n"
        archive.writestr(f"{stem}.dist-info/WHEEL", wheel)
        archive.writestr(f"{stem}.dist-info/RECORD", "")
    return path


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that pip takes for all there is: no test asks a package index."""
    folder = tmp_path_factory.mktemp("shelf")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv("PIP_FIND_LINKS", str(folder))
        yield folder


@pytest.fixture(scope="session")
def freeze(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `pip freeze` prints here: an image that has all that mel needs."""
    path = tmp_path_factory.mktemp("image") / "freeze.txt"
    lines = {f"{one.name}=={one.version}" for one in metadata.distributions() if one.name}
    path.write_text("\n".join(sorted(lines)) + "\nlocal @ file:///x\n")
    return path


class Offline(NamedTuple):
    """A bundle for notebooks, and how it was asked for."""

    made: Packed
    again: Callable[..., Packed]


@pytest.fixture(scope="session")
def offline(
    tmp_path_factory: pytest.TempPathFactory, shelf: Path, freeze: Path, handmade: Path
) -> Offline:
    """A bundle of mel's wheel, built from this checkout, and a serving bundle made by hand."""
    out = tmp_path_factory.mktemp("offline") / "bundle"

    def make(place: Path = out, **options: object) -> Packed:
        given = {"data": "demo", "image": freeze, "python": HERE, "serving": handmade / "blend.mel"}
        return bundle(place, embedded()["tiny"], "me", **(given | options))  # type: ignore[arg-type]

    return Offline(make(extras=("serve",)), make)
