"""The model card and the facts, taken apart for the page about the model."""

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["groups_of", "sections", "variant_of", "without_pictures"]

_AXES = {"age": "age", "sex": "sex", "site": "", "source": "source", "fold": ""}


def sections(card: str) -> dict[str, str]:
    r"""Give the card's parts by their headings of the second level; what comes first by "".

    >>> sections("# A\nintro\n## B\ntext\n")
    {'': '# A\\nintro', 'B': 'text'}
    """
    first, *others = re.split(r"^## +", card, flags=re.MULTILINE)
    pairs = (other.partition("\n")[::2] for other in others)
    return {"": first.strip()} | {head.strip(): text.strip() for head, text in pairs}


def without_pictures(markdown: str) -> str:
    """Give Markdown that fetches nothing: a picture becomes its name.

    >>> without_pictures("see ![here](https://example.org/x.png)")
    'see here'
    """
    return re.sub(r"!\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])?", r"\1", markdown)


def variant_of(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what the facts say of the main variant; empty where they say nothing."""
    variants = facts.get("variants") or {}
    found = variants.get(facts.get("main")) or {}
    return found if isinstance(found, Mapping) else {}


def groups_of(variant: Mapping[str, Any]) -> list[tuple[str, float, float, float]]:
    """Give label, AUC and its interval of each group of people or pictures that has an AUC."""
    proof = (variant.get("evaluation") or {}).get("proof") or {}
    found = []
    for group in proof.get("groups") or []:
        if group.get("value") is not None and group.get("axis") != "fold":
            axis = _AXES.get(group["axis"], group["axis"])
            label = f"{axis} {group['name']}".strip()
            found.append((label, group["value"], group["low"], group["high"]))
    return found
