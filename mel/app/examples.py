"""Example pictures of a bundle, to click on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mel.app.moles import Mole
from mel.bundles import Bundle
from mel.checks import SEXES, SITES
from mel.errors import ImageError, MelError
from mel.images.guarding import admit

__all__ = ["Example", "examples_in"]

_LIST = "examples/examples.json"


@dataclass(frozen=True)
class Example:
    """An example: its mole, the person it is of, and a note."""

    mole: Mole
    patient: str | None
    note: str


def examples_in(bundle: Bundle) -> Iterable[Example]:
    """Give the examples that a bundle holds, none where it holds none.

    They pass the door for uploads as well. Raises MelError for a list that is none.
    """
    if _LIST not in bundle:
        return
    listed = bundle.json(_LIST)
    if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
        raise MelError(f"{bundle.path}: {_LIST} is no list of examples; bundle again")
    for number, row in enumerate(listed, 1):
        name = f"examples/{row.get('file')}"
        try:
            photo = admit(bundle.read(name), f"Example {number}")
        except ImageError as error:
            raise MelError(f"{bundle.path}: {name}: {error}; bundle again") from None
        mole = Mole.of(photo, f"Example {number}")
        yield Example(_known(mole, row), _text(row, "patient_id"), _text(row, "note") or "")


def _known(mole: Mole, row: Mapping[str, Any]) -> Mole:
    age, sex, site = row.get("age"), _text(row, "sex"), _text(row, "site")
    return replace(
        mole,
        age=float(age) if isinstance(age, int | float) else None,
        sex=sex if sex in SEXES else None,
        site=site if site in SITES else None,
    )


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    return value if isinstance(value, str) else None
