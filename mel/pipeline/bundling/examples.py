"""Pictures to click on, with what is known of each."""

import json
from pathlib import Path
from typing import Any

import polars as pl

from mel.errors import MelError
from mel.files import read_csv
from mel.images import decode, fetch
from mel.submit.scoring import Asked

__all__ = ["examples"]

_SUFFIXES = (".jpg", ".jpeg", ".png")
_MOST = 24
_SHOWN = ("patient_id", "age", "sex", "site", "note")


def examples(folder: Path | None) -> dict[str, bytes | Path]:
    """Give the pictures of a folder as files of a bundle, and examples.json with their metadata.

    The folder may hold examples.csv with image_id, the picture's name without suffix, and any of
    patient_id, age, sex, site and note. Raises MelError for a picture that cannot be read, more
    than 24, and metadata that no image table could have.
    """
    if folder is None:
        return {}
    if not folder.is_dir():
        raise MelError(f"{folder}: no such folder of examples; correct the path")
    found = {p.stem: p for p in sorted(folder.iterdir()) if p.suffix.lower() in _SUFFIXES}
    if not 0 < len(found) <= _MOST:
        raise MelError(f"{folder}: holds {len(found)} pictures; give 1 to {_MOST}, .jpg or .png")
    for path in found.values():
        decode(fetch(path), 32, str(path))
    rows = _known(folder / "examples.csv", list(found))
    listed = [{"file": found[row["image_id"]].name, **row} for row in rows]
    files: dict[str, bytes | Path] = {f"examples/{p.name}": p for p in found.values()}
    return files | {"examples/examples.json": (json.dumps(listed, indent=1) + "\n").encode()}


def _known(path: Path, ids: list[str]) -> list[dict[str, Any]]:
    frame = pl.DataFrame({"image_id": ids})
    if path.is_file():
        frame = frame.join(read_csv(path), on="image_id", how="left", maintain_order="left")
    asked = Asked.of(frame)
    for image_id, flags in asked.flags.items():
        for flag in flags:
            if flag.endswith("out of range"):
                raise MelError(f"{path}: image {image_id}: {flag}; correct it or leave it empty")
    known = asked.frame
    if "note" in frame.columns:
        known = known.with_columns(frame["note"].cast(pl.String))
    rows: list[dict[str, Any]] = known.select(
        "image_id", *(c for c in _SHOWN if c in known.columns)
    ).to_dicts()
    return rows
