"""Wheels, read without installing them, and blank ones that stand for what an image has."""

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from functools import cached_property
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from mel.errors import MelError
from mel.kaggle.offline.image import Image

__all__ = ["MARK", "Wheel", "is_whole", "markers", "tags", "write_blank"]

MARK = "image"  # the local part of a blank wheel's version: no package index has such a version


@dataclass(frozen=True)
class Wheel:
    """A wheel on disk: its name, its version, what it fits, and what it needs."""

    path: Path

    @cached_property
    def _said(self) -> tuple[str, Version, frozenset[Tag]]:
        name, version, _, fits = parse_wheel_filename(self.path.name)
        return name, version, frozenset(fits)

    @property
    def name(self) -> str:
        """Its canonical name."""
        return self._said[0]

    @property
    def version(self) -> Version:
        """Its version."""
        return self._said[1]

    @property
    def is_blank(self) -> bool:
        """Whether it only stands for what an image has."""
        return MARK in (self.version.local or "").split(".")

    def fits(self, image: Image) -> bool:
        """Say whether it can be installed there: by its name, and by the Python it asks for."""
        named = not self._said[2].isdisjoint(tags(image))
        return named and self.pythons.contains(markers(image)["python_full_version"])

    @property
    def pythons(self) -> SpecifierSet:
        """The versions of Python that it takes, by its own metadata."""
        try:
            return SpecifierSet(self._metadata.get("Requires-Python") or "")
        except InvalidSpecifier:
            return SpecifierSet()

    @cached_property
    def requirements(self) -> tuple[Requirement, ...]:
        """What it needs, by its own metadata. Raises MelError for a file that is no wheel."""
        try:
            return tuple(map(Requirement, self._metadata.get_all("Requires-Dist") or ()))
        except InvalidRequirement as error:
            raise MelError(self._unreadable(error)) from None

    def _unreadable(self, error: Exception) -> str:
        said = str(error).partition("\n")[0]
        return f"{self.path}: is no readable wheel ({said}); build it again"

    @cached_property
    def _metadata(self) -> Message:
        try:
            with zipfile.ZipFile(self.path) as archive:
                (inside,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
                return HeaderParser().parsestr(archive.read(inside).decode("utf-8"))
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise MelError(self._unreadable(error)) from None

    def needs(self, image: Image, extras: Iterable[str] = ()) -> Iterator[Requirement]:
        """Give what it needs in that image with those extras."""
        wanted = ("", *extras)
        for one in self.requirements:
            said = one.marker
            if said is None or any(said.evaluate(markers(image, extra)) for extra in wanted):
                yield one


def markers(image: Image, extra: str = "") -> dict[str, str]:
    """Give the image's answers to the questions that requirements ask.

    >>> from mel.kaggle.offline.image import read_image
    >>> markers(read_image())["python_version"]
    '3.12'
    """
    return {
        "extra": extra,
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{image.python}.0",
        "python_version": image.python,
        "sys_platform": "linux",
    }


def tags(image: Image) -> frozenset[Tag]:
    """Give the tags of all wheels that the image takes."""
    named = f"cp{image.python.replace('.', '')}"
    own = cpython_tags(image.version, platforms=image.platforms)
    return frozenset([*own, *compatible_tags(image.version, named, image.platforms)])


def is_whole(path: Path) -> bool:
    """Say whether a file is a whole wheel: a copy that was cut off has no list of contents."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (zipfile.BadZipFile, OSError):
        return False


def write_blank(name: str, version: str, folder: Path) -> str:
    """Write a wheel without content or needs into `folder`, and give its version, with `MARK`.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as place:
    ...     write_blank("keras-cv", "0.9.0", Path(place))
    ...     Wheel(next(Path(place).iterdir())).name
    '0.9.0+image'
    'keras-cv'
    """
    public, _, local = version.partition("+")
    marked = f"{Version(public)}+{f'{local}.' if local else ''}{MARK}"
    stem = f"{canonicalize_name(name).replace('-', '_')}-{marked}"
    inside = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {marked}\n",
        "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as archive:
        for file, text in inside.items():
            archive.writestr(f"{stem}.dist-info/{file}", text)
    return marked
