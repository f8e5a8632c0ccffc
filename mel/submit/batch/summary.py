"""Summary: what a batch came to, for people and, in FILE.json, for programs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mel.errors import many
from mel.submit.batch.joining import Tally
from mel.submit.batch.meeting import Met

__all__ = ["Summary"]


@dataclass(frozen=True)
class Summary:
    """What was scored, into which file, by what.

    `variant` is what was asked for, `tally` has what each image got.
    `fresh` are the images that this run scored; the others were scored before it was stopped.
    `seconds` are those of scoring them, without opening the bundle.
    """

    out: Path
    tally: Tally
    met: Met | None
    variant: str
    fresh: int
    seconds: float
    bundle: str
    blend: str
    engine: Mapping[str, Any]
    synthetic: bool

    @property
    def scored(self) -> int:
        """The images that have scores."""
        return self.tally.images - self.tally.broken

    @property
    def speed(self) -> float | None:
        """Images a second of this run; None where it scored none."""
        return self.fresh / self.seconds if self.fresh and self.seconds > 0 else None

    def lines(self) -> dict[str, str]:
        """Give what a person wants to know, a line each."""
        tally = self.tally
        found = {"scored": f"{many(self.scored, 'image')} by {self.blend} (bundle {self.bundle})"}
        if tally.first_broken:
            name, why = tally.first_broken
            found["broken"] = f"{many(tally.broken, 'image')} (first: {name}: {why})"
        context = "together with others of their patient"
        if self.variant == "context":
            context = "as images of their patient"
        names = {"context": context, "single": "each by itself"}
        found["variants"] = ", ".join(
            f"{tally.variants[kind]:,} {text}"
            for kind, text in names.items()
            if tally.variants[kind]
        )
        if self.variant != "auto":
            found["variants"] += f" (--variant {self.variant})"
        if self.met:
            found["metadata"] = self._metadata(self.met)
        flags = {name: count for name, count in tally.flags.items() if name != "broken image"}
        found["flags"] = ", ".join(f"{name}: {count:,}" for name, count in sorted(flags.items()))
        found["computed by"] = "{engine}, {precision}".format_map(self.engine)
        if self.speed:
            found["speed"] = (
                f"{self.speed:,.0f} images/s" if self.speed >= 10 else f"{self.speed:.2g} images/s"
            )
        if self.fresh < tally.images:
            found["went on"] = f"{many(tally.images - self.fresh, 'image')} had been scored before"
        if self.synthetic:
            found["SYNTHETIC"] = "trained on drawn pictures: no score says anything about skin"
        return {name: text for name, text in found.items() if text}

    @staticmethod
    def _metadata(met: Met) -> str:
        parts = [f"{', '.join(met.columns)} of {many(met.matched, 'image')}"]
        for count, noun, first in (
            (met.without_row, "image", met.first_without_row),
            (met.without_image, "row", met.first_without_image),
        ):
            if count:
                lacks = "without a row" if noun == "image" else "without an image"
                parts.append(f"{many(count, noun)} {lacks} (first: {first})")
        return "; ".join(parts)

    def as_dict(self) -> dict[str, Any]:
        """Give plain data for JSON."""
        return {
            "file": self.out.name,
            "images": self.tally.images,
            "scored": self.scored,
            "broken": self.tally.broken,
            "first_broken": self.tally.first_broken,
            "variant": self.variant,
            "variants": dict(self.tally.variants),
            "flags": dict(sorted(self.tally.flags.items())),
            "metadata": None if self.met is None else asdict(self.met),
            "fresh": self.fresh,
            "seconds": round(self.seconds, 3),
            "bundle": self.bundle,
            "blend": self.blend,
            "engine": dict(self.engine),
            "synthetic": self.synthetic,
        }
