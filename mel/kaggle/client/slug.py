"""A competition's name as Kaggle's client wants it, and the pages to visit."""

import re

from mel.errors import MelError

__all__ = ["SETTINGS", "page", "slug"]

SETTINGS = "https://www.kaggle.com/settings"

_ADDRESS = re.compile(r"(?:https?://)?(?:www\.)?kaggle\.com/(?:competitions|c)/([^/?#\s]+)")
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def slug(competition: str) -> str:
    """Give a competition's name from its name or its address, which the client does not take.

    Raises MelError for what can be neither.

    >>> slug("https://www.kaggle.com/competitions/siim-isic-melanoma-classification/data")
    'siim-isic-melanoma-classification'
    """
    found = _ADDRESS.match(competition.strip())
    name = found.group(1) if found else competition.strip()
    if not _SLUG.fullmatch(name):
        raise MelError(
            f"{competition!r} is no competition's name; give the last part of its address, "
            "as in https://www.kaggle.com/competitions/NAME"
        )
    return name


def page(name: str, part: str = "") -> str:
    """Give the address of a competition's page, or of one of its tabs.

    >>> page("titanic", "rules")
    'https://www.kaggle.com/competitions/titanic/rules'
    """
    return f"https://www.kaggle.com/competitions/{name}" + (f"/{part}" if part else "")
