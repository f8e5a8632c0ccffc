"""The wheels that a notebook's image lacks: found by pip, downloaded, and proven to be enough.

pip resolves against the image as if it stood there: a blank wheel stands for each of its packages,
and is the only version that pip may take. A package that mel, or what mel needs, cannot use in
that version is given free: the notebook then gets another one.
"""

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mel.errors import MelError, many
from mel.files import atomic
from mel.kaggle.offline.image import Image
from mel.kaggle.offline.tools import PipError, pip
from mel.kaggle.offline.wheel import Wheel, is_whole, write_blank
from mel.progress import say

__all__ = ["Carried", "carry", "walked"]

_SAVED = re.compile(r"^\s*(?:Saved|File was already downloaded) (.+\.whl)\s*$", re.MULTILINE)
_HELD = re.compile(r"The user requested \(constraint\) ([A-Za-z0-9._-]+)==")
_ROUNDS = 3  # of downloads, each for what the one before left out
_TRIES = 20  # packages of an image that may be given free, one conflict after another


@dataclass(frozen=True)
class Carried:
    """Wheels in a folder, and which of them take the place of an image's own.

    replaced: name -> the image's version and the one that is carried.
    """

    wheels: tuple[Wheel, ...]
    replaced: Mapping[str, tuple[str, str]]


def carry(own: Path, extras: Sequence[str], image: Image, folder: Path) -> Carried:
    """Put mel's wheel `own`, and what its extras need and the image lacks, into `folder`.

    Whole wheels that are there from an earlier call are not downloaded again; what is not needed
    any more is removed. Raises MelError where pip cannot get them, for an extra that mel has not,
    and where what was downloaded would not install.
    """
    if not (wheel := Wheel(own)).fits(image):
        takes = f", which takes {wheel.pythons}" if wheel.pythons else ""
        raise MelError(
            f"{own.name}{takes}: does not fit Python {image.python}; name the notebook's own by "
            "--python, or build mel's own wheel anew"
        )
    held = _usable(own, extras, image)
    folder.mkdir(parents=True, exist_ok=True)
    own = _placed(own, folder)
    for path in folder.glob("*.whl"):
        if not is_whole(path):
            path.unlink()
    count = many(len(held), "package")
    say(f"wheels: for Python {image.python} and {image.told}, {count} of it in use")
    used, gaps = _filled(own, extras, image, held, folder)
    if gaps:
        raise MelError(
            f"{gaps[0]}: no wheel of it for Python {image.python} was found; see --image"
        )
    kept = {wheel.path.name for wheel in used}
    for path in folder.glob("*.whl"):
        if path.name not in kept:
            path.unlink()
    both = {w.name: (image.packages[w.name], str(w.version)) for w in used if _has(image, w)}
    return Carried(tuple(used), both)


def _placed(own: Path, folder: Path) -> Path:
    """Put mel's wheel among the others, in place of an earlier one."""
    for stale in folder.glob("mel-*.whl"):
        if stale != own:
            stale.unlink()
    if own.parent != folder:
        with atomic(folder / own.name) as temporary:
            shutil.copy(own, temporary)
    return folder / own.name


def _filled(
    own: Path, extras: Sequence[str], image: Image, held: dict[str, str], folder: Path
) -> tuple[list[Wheel], list[str]]:
    """Download, see what is used and what lacks, and download that too.

    pip asks its own Python, not the notebook's, which needs hold: so it may bring too much or too
    little.
    """
    more: list[str] = []
    for _ in range(_ROUNDS):
        names = {own.name} | {
            Path(n).name for n in _download(own, extras, held, folder, image, more)
        }
        found = [Wheel(path) for path in sorted(folder.glob("*.whl")) if path.name in names]
        used, gaps = walked([one for one in found if not one.is_blank], extras, image)
        if not gaps:
            break
        more += gaps
    return used, gaps


def walked(
    wheels: Sequence[Wheel], extras: Sequence[str], image: Image
) -> tuple[list[Wheel], list[str]]:
    """Install mel with `extras` from these wheels in the image, in thought.

    Gives the wheels that are used, and what is needed and lacks: is not there at all, or in a
    version or for a Python that does not do.
    """
    have = {wheel.name: wheel for wheel in wheels if wheel.fits(image)}
    todo, seen = [Requirement(f"mel[{','.join(extras)}]")], set()
    used: dict[str, Wheel] = {}
    gaps: list[str] = []
    while todo:
        wanted = todo.pop()
        wanted.marker = None
        if (key := str(wanted)) in seen:
            continue
        seen.add(key)
        name = canonicalize_name(wanted.name)
        if name in have and wanted.specifier.contains(have[name].version, prereleases=True):
            used[name] = have[name]
            todo += [Requirement(str(r)) for r in have[name].needs(image, wanted.extras)]
        elif name in have or not _satisfies(image, wanted):
            gaps.append(key)
    return sorted(used.values(), key=lambda one: one.name), gaps


def _has(image: Image, wheel: Wheel) -> bool:
    return wheel.name in image.packages


def _satisfies(image: Image, wanted: Requirement) -> bool:
    version = image.packages.get(canonicalize_name(wanted.name))
    return version is not None and wanted.specifier.contains(version, prereleases=True)


def _usable(own: Path, extras: Sequence[str], image: Image) -> dict[str, str]:
    """Give the image's packages but for those that mel itself asks for in another version."""
    known = {extra for r in Wheel(own).requirements for extra in _extras(r)}
    if strange := sorted(set(extras) - known):
        raise MelError(f"mel has no extra {strange[0]!r}; it has: {', '.join(sorted(known))}")
    needs = list(Wheel(own).needs(image, extras))
    unfit = {canonicalize_name(r.name) for r in needs if not _satisfies(image, r)}
    return {name: version for name, version in image.packages.items() if name not in unfit}


def _extras(one: Requirement) -> list[str]:
    return re.findall(r"""extra == ["']([\w-]+)["']""", str(one.marker or ""))


def _download(
    own: Path,
    extras: Sequence[str],
    held: dict[str, str],
    folder: Path,
    image: Image,
    more: Sequence[str],
) -> list[str]:
    """Let pip resolve and download mel with its extras, and `more`; give the wheels' paths.

    What pip says cannot stay as the image has it is taken out of `held`.
    """
    wanted = [f"mel[{','.join(extras)}] @ {own.resolve().as_uri()}", *more]
    for _ in range(_TRIES):
        try:
            return _resolved(wanted, held, folder, image)
        except PipError as error:
            named = {canonicalize_name(name) for name in _HELD.findall(error.said)}
            if not (freed := sorted(named & held.keys())):
                raise
            say(f"wheels: {', '.join(freed)} cannot stay as the image has them; taking others")
            for name in freed:
                del held[name]
    raise MelError(f"{image.told}: more than {_TRIES} conflicts with what mel needs; see the list")


def _resolved(
    wanted: Sequence[str], held: Mapping[str, str], folder: Path, image: Image
) -> list[str]:
    with TemporaryDirectory(prefix="mel-image-") as made:
        place = Path(made)
        marked = {name: write_blank(name, version, place) for name, version in held.items()}
        rules = place / "constraints.txt"
        rules.write_text("".join(f"{n}=={v}\n" for n, v in marked.items()), encoding="utf-8")
        said = pip(
            "download",
            *("--retries", "2", "--timeout", "30", "--progress-bar", "off"),
            *("--only-binary", ":all:", "--python-version", image.python),
            *(word for name in image.platforms for word in ("--platform", name)),
            *("--find-links", made, "--constraint", str(rules), "--dest", str(folder), *wanted),
        )
    return _SAVED.findall(said)
