"""The figures of the page, by name."""

from dataclasses import dataclass

from mel.ensemble.candidates import Candidates
from mel.ensemble.evaluation import Evaluation
from mel.ensemble.ranks import Floats
from mel.ensemble.reporting import curves, standings
from mel.ensemble.rows import Rows
from mel.report import Canvas

__all__ = ["NAMES", "Evidence", "figures"]

NAMES = (
    "roc",
    "weights",
    "path",
    "worth",
    "heatmap",
    "reliability",
    "groups",
    "distribution",
)


@dataclass(frozen=True)
class Evidence:
    """The arrays behind the figures; `test` are the test images' scores by stored references."""

    rows: Rows
    candidates: Candidates
    test: Floats


def figures(facts: Evaluation, evidence: Evidence, *, png: bool) -> dict[str, Canvas]:
    """Draw all that there is to draw: no path without rounds, no worth of a single member."""
    rows, candidates, proof = evidence.rows, evidence.candidates, facts.proof
    members = dict(zip(rows.names, rows.scores, strict=True))
    ways = {name: ranked.crossfit.scores for name, ranked in candidates.by_name.items()}
    drawn = {
        "roc": curves.roc_figure(rows.target, members, ways, proof.points, png=png),
        "weights": standings.weights_figure(facts, png=png),
        "heatmap": standings.heatmap_figure(members, png=png),
        "reliability": curves.reliability_figure(
            proof.calibration.method, proof.calibrated, facts.positives / facts.images, png=png
        ),
        "groups": standings.groups_figure(proof.groups, facts.honest.pooled, png=png),
        "distribution": curves.distribution_figure(candidates.taken.naive, evidence.test, png=png),
    }
    if proof.worths:
        drawn["worth"] = standings.worth_figure(proof.worths, facts.taken, png=png)
    if facts.path:
        drawn["path"] = curves.path_figure(facts, png=png)
    return drawn
