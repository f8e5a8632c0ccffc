"""The columns of the file that is written."""

from collections.abc import Mapping, Sequence

import polars as pl

from mel.errors import MelError
from mel.images.quality import WARNINGS
from mel.submit.scoring import Judged, Looked

__all__ = ["COLUMNS", "FLAGS", "nothing", "rows", "types"]

_NUMBERS = ("probability", "low", "high", "score", "percentile")
COLUMNS = ("image_id", *_NUMBERS, "decision", "variant", "flags", "fault")
_KNOWN = ("age", "sex", "site")
_BROKEN = "broken image"
FLAGS: Mapping[str, str] = {
    _BROKEN: "the picture cannot be read; the column fault says why, and there is no score",
    **{f"{name} unknown": f"no {name} was given" for name in _KNOWN},
    **{f"{name} out of range": f"the {name} is none, and was taken for unknown" for name in _KNOWN},
    **{name: f"the picture {text}" for name, text in WARNINGS.items()},
}


def types(scored: Sequence[str]) -> dict[str, pl.DataType]:
    """Give the columns and their types; `scored` are the members and the stack.

    Raises MelError for a member that is called as another column.
    """
    found: dict[str, pl.DataType] = {"image_id": pl.String()}
    found |= dict.fromkeys(_NUMBERS, pl.Float64()) | {"decision": pl.Boolean()}
    found |= dict.fromkeys(("variant", "flags", "fault"), pl.String())
    for name in scored:
        if name in found:
            raise MelError(f"the bundle has a member called {name!r}, as a column of the output is")
    return found | dict.fromkeys(scored, pl.Float64())


def nothing(scored: Sequence[str]) -> pl.DataFrame:
    """Give the columns, and no row."""
    return pl.DataFrame(schema=types(scored))


def rows(judged: Judged, looked: Looked, scored: Sequence[str]) -> pl.DataFrame:
    """Give a row an image: what was judged of it, its flags as text, and its fault."""
    frame = judged.frame
    flags = ["; ".join(dict.fromkeys(map(_plain, said))) or None for said in frame["flags"]]
    faults = [looked.faults.get(image_id) for image_id in frame["image_id"]]
    wanted = types(scored)
    frame = frame.with_columns(
        flags=pl.Series(flags, dtype=pl.String), fault=pl.Series(faults, dtype=pl.String)
    )
    return frame.select(pl.col(name).cast(kind) for name, kind in wanted.items())


def _plain(flag: str) -> str:
    """Leave out what a flag says besides its name."""
    return _BROKEN if flag.startswith(_BROKEN) else flag
