"""A fold's sorted held-out logits, against which new ones are ranked, as they are kept."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.errors import MelError
from mel.files import read_table, write_table
from mel.views.averaging import Reference

__all__ = ["read_reference", "write_reference"]


def write_reference(path: Path, ranked: Reference, header: Mapping[str, Any]) -> None:
    """Write the sorted held-out logits of a fold as Parquet, whole or not at all.

    `ranked` is what `mel.views.reference` gives, `header` goes into the file's. Raises MelError
    where `path` cannot be written.

    >>> ranked = {"whole 64": np.array([-1.0, 0.3])}
    >>> write_reference(Path("work/kept.parquet"), ranked, {})
    >>> read_reference(Path("work/kept.parquet"))
    {'whole 64': array([-1. ,  0.3])}
    """
    parts = [pl.DataFrame({"view": kind, "logit": values}) for kind, values in ranked.items()]
    write_table(path, pl.concat(parts), {"kind": "reference"} | dict(header))


def read_reference(path: Path) -> dict[str, NDArray[np.float64]]:
    """Read a fold's sorted held-out logits, float64, by the kind of view.

    Raises MelError for a file that is missing, was changed, or is no such table.

    >>> fold = Path("work/demo/cnn/efficientnetv2_micro-32/fold0")
    >>> found = read_reference(fold / "reference.parquet")
    >>> {kind: logits.shape for kind, logits in found.items()}
    {'whole 32': (40,)}
    """
    frame, _ = read_table(path, "reference")
    if frame.columns != ["view", "logit"]:
        raise MelError(f"{path}: has columns {frame.columns}; score the fold again")
    return {
        str(kind): rows["logit"].to_numpy()
        for (kind,), rows in frame.group_by("view", maintain_order=True)
    }
