"""OperatingPoint: the score from which on an image raises an alarm, and what that costs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from mel.files import required

__all__ = ["OperatingPoint", "Share"]

_PARTS = {"threshold": float, "low": float, "high": float}
_FIELDS = {"aim": str, "value": float, "probability": float} | _PARTS
_SHARES = ("sensitivity", "specificity", "naive_sensitivity", "naive_specificity")


@dataclass(frozen=True)
class Share:
    """A share, 0 to 1, with the ends of its 95 % interval from resampling patients.

    >>> Share(0.9, 0.8, 1.0).low
    0.8
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold for an aim: an image whose blend score is at least `threshold` is an alarm.

    `aim` and `value` are the user's (a share, or the false alarms that a miss costs); `threshold`
    is a blend score, 0 to 1; `low` and `high` say how far the threshold itself varies when patients
    are resampled, `probability` is the calibrated one at the threshold. Sensitivity (share of
    positives that raise an alarm) and specificity (share of negatives that do not) are honest:
    thresholds from the other folds, judged on this one; the naive ones judge the threshold on the
    rows that chose it.

    >>> from mel.ensemble import Blend
    >>> point = Blend.read("work/demo/ensemble/blend/blend.json").operating_points[0]
    >>> point.aim, point.value, point.goal
    ('sensitivity', 0.9, 'sensitivity of at least 90 %')
    """

    aim: str
    value: float
    threshold: float
    low: float
    high: float
    probability: float
    sensitivity: Share
    specificity: Share
    naive_sensitivity: Share
    naive_specificity: Share

    @property
    def goal(self) -> str:
        """Say what was wanted.

        >>> share = Share(0.9, 0.8, 1.0)
        >>> OperatingPoint("cost", 20, 0.5, 0.4, 0.6, 0.1, share, share, share, share).goal
        'a miss costs 20 false alarms'
        """
        if self.aim == "cost":
            return f"a miss costs {self.value:g} false alarms"
        return f"{self.aim} of at least {100 * self.value:g} %"

    def as_dict(self) -> dict[str, Any]:
        """Give plain data."""
        return asdict(self)

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """Read what `as_dict` gave; MelError or TypeError for anything else."""
        given = required(content, _FIELDS | dict.fromkeys(_SHARES, dict), "operating point")
        plain = {name: given[name] for name in _FIELDS}
        shares = {
            name: Share(
                **required(content[name], dict.fromkeys(("value", "low", "high"), float), name)
            )
            for name in _SHARES
        }
        parts: dict[str, Any] = plain | shares
        return cls(**parts)
