"""What is said of one picture."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["WARNINGS", "Quality"]

WARNINGS: Mapping[str, str] = {
    "unlike": "does not look like the pictures the model was trained on",
    "blurred": "is blurred",
    "dark": "is too dark",
    "bright": "is too bright",
    "small": "has too few pixels",
}


@dataclass(frozen=True)
class Quality:
    """A picture beside the training pictures.

    values: what was measured, by name: sharpness (standard deviations among the training
    pictures, more is sharper), light low and light high (the darkest and lightest twentieth, 0 to
    255), oddness (1 at the limit), and the shorter side in pixels where it is known. percentile:
    the share of training pictures that are less odd, in percent. warnings: names in `WARNINGS`.
    """

    values: Mapping[str, float]
    percentile: float
    warnings: tuple[str, ...]

    @property
    def fine(self) -> bool:
        """Whether there is nothing to warn of."""
        return not self.warnings
