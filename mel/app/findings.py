"""Findings: all that the pages show of a mole, put together from what the scorer says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mel.app.ducklings import duckling
from mel.app.model import Model
from mel.app.moles import Mole, frame_of
from mel.images.quality import Quality
from mel.submit.scoring import Looked

__all__ = ["Finding", "Part", "findings", "look"]


@dataclass(frozen=True)
class Part:
    """What one member adds: `push` moves the score up or down, `place` is its own percentile."""

    name: str
    label: str
    push: float
    place: float


@dataclass(frozen=True)
class Finding:
    """What is said of one mole.

    probability, low, high: calibrated, and the ends over the folds. percentile: the share of
    training images that score lower, 0 to 1. alarm: whether the operating point is reached.
    variant: "context" where the person's other moles counted. parts: the members' and the stack's.
    maps: where each network looked, float32 by member. notes: what was unknown. duckling: whether
    it stands out from the person's other moles. fault: why there is nothing else, if so.
    """

    mole: Mole
    quality: Quality | None
    fault: str = ""
    probability: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    percentile: float = float("nan")
    alarm: bool = False
    variant: str = "single"
    parts: tuple[Part, ...] = ()
    maps: Mapping[str, NDArray[np.float32]] | None = None
    notes: tuple[str, ...] = ()
    duckling: bool = False


def look(model: Model, mole: Mole) -> Looked:
    """Put one mole to every network, with maps: the slow part."""
    frame = frame_of([mole], together=False)
    return model.scorer.look(frame, maps=True, pictures={mole.key: mole.photo.data})


def findings(
    model: Model, moles: Sequence[Mole], looked: Mapping[str, Looked], *, together: bool
) -> list[Finding]:
    """Judge moles that were looked at, by key; the riskiest first, faults last.

    With `together` they are one person's, and compared with each other.
    """
    if not moles:
        return []
    frame = frame_of(moles, together=together)
    seen = Looked.joined([looked[mole.key] for mole in moles])
    judged = model.scorer.judge(frame, seen)
    rows = judged.frame.to_dicts()
    pairs = zip(judged.shares.to_dicts(), judged.by_member.to_dicts(), strict=True)
    odd = duckling([row["probability"] for row in rows]) if together else None
    found = [
        _finding(model, mole, seen, row, *parts, number == odd)
        for number, (mole, row, parts) in enumerate(zip(moles, rows, pairs, strict=True))
    ]
    return sorted(found, key=lambda one: -np.inf if one.fault else one.probability, reverse=True)


def _finding(
    model: Model,
    mole: Mole,
    seen: Looked,
    row: Mapping[str, object],
    pushes: Mapping[str, float],
    places: Mapping[str, float],
    odd: bool,
) -> Finding:
    quality = model.looks.check(mole.photo.pixels, mole.photo.shorter) if model.looks else None
    if mole.key in seen.faults or row["probability"] is None:
        return Finding(mole, quality, fault=seen.faults.get(mole.key, "it could not be scored"))
    at = seen.image_ids.index(mole.key)
    numbers = {name: float(row[name]) for name in ("probability", "low", "high", "percentile")}  # type: ignore[arg-type]
    return Finding(
        mole,
        quality,
        **numbers,  # type: ignore[arg-type]
        alarm=bool(row["decision"]),
        variant=str(row["variant"]),
        parts=_parts(model, pushes, places),
        maps={name: found[at] for name, found in seen.maps.items()},
        notes=tuple(str(flag) for flag in row["flags"]),  # type: ignore[attr-defined]
        duckling=odd,
    )


def _parts(
    model: Model, pushes: Mapping[str, float], places: Mapping[str, float]
) -> tuple[Part, ...]:
    """Give the members that the blend uses, the strongest push first."""
    found = [
        Part(name, label, float(pushes[name]), float(places[name]))
        for name, label in model.names.items()
        if places.get(name) is not None
    ]
    return tuple(sorted(found, key=lambda part: -abs(part.push)))
