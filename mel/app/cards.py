"""The model card and the facts, taken apart for the page about the model."""

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["groups_of", "sections", "variant_of", "without_pictures"]

_FOLDS = "fold"  # of no interest beside groups of people


def sections(card: str) -> dict[str, str]:
    r"""Give the card's parts by their headings of the second level; what comes first by "".

    >>> sections("# A\n## B\ntext\n")
    {'': '# A', 'B': 'text'}
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
    """Give label, AUC and its interval of each group of people or pictures that has an AUC.

    The label ends with the number of positives.
    """
    proof = (variant.get("evaluation") or {}).get("proof") or {}
    found = []
    for group in proof.get("groups") or []:
        known = all(group.get(name) is not None for name in ("value", "low", "high"))
        if known and group.get("axis") != _FOLDS:
            label = f"{group['axis']} {group['name']} ({group['positives']})"
            found.append((label, group["value"], group["low"], group["high"]))
    return found
