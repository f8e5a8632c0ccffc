"""What is seen first: how much there is of it, what it means in words, four numbers."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from mel.ensemble.evaluation import Evaluation
from mel.ensemble.reporting.cells import spread
from mel.files import versions
from mel.report import card, definitions

if TYPE_CHECKING:
    from mel.ensemble.making import Blended

__all__ = ["cards", "counts", "provenance", "words"]


def counts(facts: Evaluation) -> str:
    """Count members, images, patients and positives."""
    share = 100 * facts.positives / facts.images
    tests = facts.orders.images if facts.orders else 0
    return (
        f"{len(facts.members)} members, {facts.images:,} out-of-fold images of "
        f"{facts.patients:,} patients in {facts.folds} folds, {facts.positives:,} of them positive "
        f"({share:.1f}&nbsp;%), {tests:,} test images"
    )


def words(said: Sequence[str]) -> str:
    """Give sentences as a list."""
    return "".join(f"<li>{escape(text)}</li>" for text in said if text)


def cards(facts: Evaluation) -> str:
    """Give the numbers to be seen from afar."""
    gap = facts.naive.pooled - facts.honest.pooled
    gain = facts.honest.pooled - facts.best.auc.pooled
    best = f"{escape(facts.best.name)}; the blend is {abs(gain):.4f} {_above(gain)}"
    point = facts.proof.points[0]
    sensitivity = f"{100 * point.sensitivity.value:.1f}&nbsp;%"
    wanted = f"specificity {100 * point.specificity.value:.1f}&nbsp;%, {escape(point.goal)}"
    return "".join(
        [
            card(
                "Blend, honest AUC",
                f"{facts.honest.pooled:.4f}",
                spread(facts.honest),
                "main",
            ),
            card("Blend, naive AUC", f"{facts.naive.pooled:.4f}", f"{gap:+.4f} against honest"),
            card("Best member", f"{facts.best.auc.pooled:.4f}", best),
            card("Sensitivity at work", sensitivity, wanted),
        ]
    )


def _above(gain: float) -> str:
    return "above it" if gain >= 0 else "below it"


def provenance(blended: "Blended") -> str:
    """Say what the blend was made from."""
    blend = blended.blend
    digests = {"blend": blend.digest} | dict(blend.inputs)
    rows = "".join(
        f"<tr><th scope='row'>{escape(what)}</th><td><code>{escape(digest)}</code></td></tr>"
        for what, digest in digests.items()
    )
    made = ", ".join(f"{escape(name)} {escape(number)}" for name, number in versions().items())
    head = definitions(
        {
            "Method": escape(blend.method),
            "Folds": f"<code>{escape(blend.folds)}</code>",
            "Versions": made,
        }
    )
    return f"{head}<details><summary>All input digests</summary><table>{rows}</table></details>"
