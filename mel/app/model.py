"""Model: an opened bundle, with what the pages read from it besides scores."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from mel.app.examples import Example, examples_in
from mel.app.receiving import MOST
from mel.bundles import Bundle
from mel.ensemble import Calibration, OperatingPoint
from mel.errors import MelError
from mel.images import Framing
from mel.images.quality import Looks
from mel.submit.scoring import Member, Scorer

__all__ = ["Model"]


@dataclass(frozen=True)
class Model:
    """What all sessions share: the scorer, its facts, and what training pictures look like.

    looks is None where the bundle does not say. points and calibrations are by variant.
    """

    scorer: Scorer
    facts: Mapping[str, Any]
    looks: Looks | None
    points: Mapping[str, OperatingPoint]
    calibrations: Mapping[str, Calibration]
    framings: Mapping[str, Framing]
    examples: tuple[Example, ...] = field(repr=False)

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Open a bundle for the app: each photo computed by itself, as soon as it comes.

        Raises MelError for what is no bundle, was changed, or cannot be run here.
        """
        bundle = Bundle.open(path)
        blends = {name: bundle.json(f"blends/{name}/blend.json") for name in ("context", "single")}
        looks = Looks.of(bundle.json("quality.json")) if "quality.json" in bundle else None
        scorer = Scorer.open(bundle, batch=1)
        return cls(
            scorer,
            scorer.facts,
            looks,
            {name: _point(blend, path) for name, blend in blends.items()},
            {name: _calibration(blend, path) for name, blend in blends.items()},
            {name: _framing(bundle, name) for name in scorer.members},
            tuple(examples_in(bundle))[:MOST],
        )

    @cached_property
    def names(self) -> Mapping[str, str]:
        """What each member and the stack is called on a page."""
        shown = {name: f"Network {name}" for name in self.scorer.members}
        return shown | ({self.scorer.stack: "Stack with age, sex and site"} if self.stacked else {})

    @property
    def stacked(self) -> bool:
        """Whether there is a stack."""
        return bool(self.scorer.stack)


def _point(blend: Mapping[str, Any], path: Path | str) -> OperatingPoint:
    points = blend.get("operating_points") or []
    if not points:
        raise MelError(f"{path}: its blend has no operating point; blend and bundle again")
    return OperatingPoint.of(points[0])


def _calibration(blend: Mapping[str, Any], path: Path | str) -> Calibration:
    if not blend.get("calibration"):
        raise MelError(f"{path}: its blend holds no calibration; blend and bundle again")
    return Calibration.of(blend["calibration"])


def _framing(bundle: Bundle, name: str) -> Framing:
    place = f"members/{name}/member.json"
    return Member.of(bundle.json(place), f"{bundle.path}: {place}").framed
