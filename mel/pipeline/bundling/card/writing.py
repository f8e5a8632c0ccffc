"""The model card: what the ensemble is, was trained on, is worth, and must not be used for.

The sections are those of Mitchell et al., Model Cards for Model Reporting (FAT* 2019).
"""

from collections.abc import Mapping
from typing import Any

from mel.errors import many
from mel.pipeline.bundling.card.evaluation import evaluated, groups, worth
from mel.pipeline.bundling.card.limits import FAIR, SHORTCUTS, explored
from mel.pipeline.bundling.card.markdown import listed
from mel.pipeline.bundling.card.serving import calibrated, serving
from mel.pipeline.bundling.card.training import about, data_of
from mel.pipeline.bundling.card.uses import NOT, SYNTHETIC, USES

__all__ = ["card"]


def card(facts: Mapping[str, Any]) -> str:
    """Write the card from the facts; see `mel.pipeline.bundling.facts.facts_of`."""
    main = facts["variants"][facts["main"]]
    parts = [
        f"# {facts['name']}: a stacked ensemble over {many(len(facts['members']), 'network')}",
        *([SYNTHETIC] if facts["synthetic"] else []),
        NOT,
        "## What it is",
        *about(facts),
        "## What it is for, and what not",
        listed(USES),
        "## Training data",
        *data_of(facts),
        "## How it was evaluated",
        *evaluated(facts),
        "## What it is worth",
        *worth(facts),
        "## Groups of people and pictures",
        *groups(main["evaluation"]),
        "## Probabilities and the operating point",
        *calibrated(main, facts),
        "## What serving changes",
        *serving(facts),
        "## Known shortcuts and limits",
        listed((*explored(facts), *SHORTCUTS)),
        "## Fairness and privacy",
        listed(FAIR),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
