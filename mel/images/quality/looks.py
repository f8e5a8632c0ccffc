"""Looks: the training pictures' measures, as limits that a new picture is compared with."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mel.errors import MelError
from mel.files import required
from mel.images.decoding import decode
from mel.images.measuring import measure
from mel.images.quality.checking import Quality
from mel.images.quality.fitting import Fitted, fitted, oddness, sampled
from mel.images.quality.measures import MEASURES, SIDE, Floats, measures

__all__ = ["Looks"]

_KIND, _SCHEMA = "looks", 1
_LISTS = ("centre", "whitening", "low", "high", "weights", "oddness")
_NUMBERS = ("sharp", "dark", "bright", "side", "odd")
_LOW, _HIGH = MEASURES.index("light low"), MEASURES.index("light high")


@dataclass(frozen=True)
class Looks:
    """What training pictures look like; `count` of them were measured."""

    count: int
    fitted: Fitted

    @classmethod
    def fit(cls, references: Iterable[Path | str], *, most: int = 2000, seed: int = 0) -> Self:
        """Measure at most `most` of the pictures behind `references`, drawn by `seed`.

        A picture that cannot be read is left out. The order of the references is of no account.
        Raises MelError when fewer than 20 can be read.
        """
        found = sampled(sorted(map(str, references)), most, seed)
        return cls(len(found.values), fitted(found))

    def check(
        self, picture: Path | str | bytes | NDArray[np.uint8], shorter: int | None = None
    ) -> Quality:
        """Compare a picture with the training pictures: a reference, the encoded bytes, or pixels.

        Pixels are those of `decode(source, SIDE)`: give `shorter` with them, the shorter side of
        the whole picture, or it is not looked at. Raises what `decode` raises.
        """
        if not isinstance(picture, np.ndarray):
            header = measure(picture)
            picture, shorter = decode(picture, SIDE), min(header.width, header.height)
        found, limits = measures(picture), self.fitted
        odd = float(oddness(found[None], limits)[0])
        sharp = float(found @ limits.weights)
        faults = {
            "unlike": odd > limits.odd,
            "blurred": sharp < limits.sharp,
            "dark": found[_HIGH] < limits.dark,
            "bright": found[_LOW] > limits.bright,
            "small": shorter is not None and shorter < limits.side,
        }
        values = {"sharpness": sharp - float(limits.centre @ limits.weights)}
        values |= {"light low": float(found[_LOW]), "light high": float(found[_HIGH])}
        values |= {"oddness": odd / limits.odd}
        values |= {} if shorter is None else {"shorter side": float(shorter)}
        return Quality(values, self._percentile(odd), tuple(k for k, v in faults.items() if v))

    def _percentile(self, odd: float) -> float:
        known = self.fitted.oddness
        return float(np.interp(odd, known, np.linspace(0, 100, len(known))))

    def as_dict(self) -> dict[str, Any]:
        """Give plain data for JSON."""
        lists = {name: getattr(self.fitted, name).ravel().tolist() for name in _LISTS}
        numbers = {name: getattr(self.fitted, name) for name in _NUMBERS}
        head = {"kind": _KIND, "schema": _SCHEMA, "count": self.count, "measures": list(MEASURES)}
        return head | numbers | lists

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """Read what `as_dict` gave; MelError for anything else."""
        kinds = dict.fromkeys(_NUMBERS, float) | dict.fromkeys(_LISTS, list)
        found = required(content, {"kind": str, "schema": int, "count": int} | kinds, "looks")
        known = (found["kind"], found["schema"], content.get("measures"))
        if known != (_KIND, _SCHEMA, list(MEASURES)):
            raise MelError("looks: of another version of mel's; bundle again")
        lists = {name: _array(found[name], name) for name in _LISTS}
        lists["whitening"] = lists["whitening"].reshape(len(MEASURES), len(MEASURES))
        parts: dict[str, Any] = lists | {name: found[name] for name in _NUMBERS}
        return cls(found["count"], Fitted(**parts))


def _array(values: list[Any], name: str) -> Floats:
    shapes = {"whitening": len(MEASURES) ** 2, "oddness": None}
    wanted = shapes.get(name, len(MEASURES))
    try:
        found = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        found = np.array([np.nan])
    if found.ndim != 1 or not np.isfinite(found).all() or len(found) != (wanted or len(found)):
        raise MelError(f"looks: {name} is not what was fitted; bundle again")
    if name == "oddness" and (len(found) < 2 or (np.diff(found) < 0).any()):
        raise MelError("looks: oddness does not rise; bundle again")
    return found
