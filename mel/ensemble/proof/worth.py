"""What each member is worth: the blend with it against the blend without it."""

from dataclasses import dataclass

import numpy as np

from mel.ensemble.proof.comparing import Comparison, compare_scores
from mel.ensemble.proof.parts import MANY, Honest, without_member
from mel.ensemble.ranks import Floats
from mel.ensemble.rows import Rows
from mel.metrics import Resamples
from mel.progress import progress

__all__ = ["MOST", "Worth", "worths"]

MOST = 20  # members up to which the blend is made again without each
_SAYS = {
    "above": "earns its place",
    "alike": "adds nothing that could be measured",
    "below": "harms",
}


@dataclass(frozen=True)
class Worth:
    """A member's worth, honestly: how far the AUC falls where it is left out.

    `in_blend` compares the blend with the one made again without the member (None beyond `MOST`
    members or `MANY` scores), `in_mean` does so for the rank mean, which cannot shut a bad member
    out by itself. `student` names a member that learned from this one, a stack: what it took
    from it is not measured here, for it stays where this one is left out.
    """

    member: str
    in_blend: Comparison | None
    in_mean: Comparison
    student: str = ""

    @property
    def verdict(self) -> str:
        """Say whether it earns its place, adds nothing, or harms, where it is used."""
        return _SAYS[(self.in_blend or self.in_mean).verdict]

    @property
    def words(self) -> str:
        """Say it in a sentence."""
        found = self.in_blend or self.in_mean
        text = f"{self.member} {self.verdict}: AUC with it {found.numbers}"
        if self.student and found.verdict != "above":
            text += f", beside what {self.student} learned from it"
        elif found.verdict == "below":
            return f"{text}; blend again without it"
        if self.in_mean.verdict == "below":
            text += f"; it harms the rank mean, {self.in_mean.numbers}"
        return text


def worths(
    rows: Rows,
    draws: Resamples,
    blend: tuple[Honest, Floats],
    mean: tuple[Honest, Floats],
) -> tuple[Worth, ...]:
    """Leave out one member after the other; each way comes with its honest scores of all rows.

    Gives nothing for a single member, without which there is no blend.
    """
    if len(rows.names) < 2:
        return ()
    found = []
    same = blend[1] is mean[1]
    with progress("ensemble: leaving out members", len(rows.names), "members") as tick:
        for member, name in enumerate(rows.names):
            rest = without_member(rows, member)
            in_mean = _left_out(rest, draws, mean, name)
            refit = not same and len(rows.names) <= MOST and rows.scores.size <= MANY
            in_blend = _left_out(rest, draws, blend, name) if refit else None
            student = rows.students.get(name, "")
            found.append(Worth(name, in_mean if same else in_blend, in_mean, student))
            tick()
    return tuple(found)


def _left_out(rest: Rows, draws: Resamples, way: tuple[Honest, Floats], name: str) -> Comparison:
    honest, scores = way
    some = np.ptp(rest.scores, axis=1).any()
    others = honest(rest) if some else np.zeros(len(scores))  # constant members order nothing
    with_it, without = (f"with {name}", scores), (f"without {name}", others)
    return compare_scores(draws, rest.target, with_it, without)
