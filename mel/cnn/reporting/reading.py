"""What a folder of members tells of their training, finished or still under way."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mel.cnn.jobs.done import HISTORY, MARK, STATE
from mel.errors import MelError
from mel.files import read_header, read_json, read_table

__all__ = ["Training", "read_trainings"]

_COLUMNS = {
    "fold": pl.Int64,
    "epoch": pl.Int64,
    "loss": pl.Float64,
    "seconds": pl.Float64,
    "images_per_s": pl.Float64,
    "auc": pl.Float64,
    "learning_rate": pl.Float64,
}


@dataclass(frozen=True)
class Training:
    """A member's training as far as it is there.

    `history` has a row a fold and epoch: loss (of the training images), seconds, images_per_s,
    auc (of the held-out images, null where it was not looked at), learning_rate (the
    last of the epoch). `epochs` and `n_folds` are what was asked for, None where nothing says.
    `metric` is that of the out-of-fold scores, empty until all folds are there.
    """

    name: str
    history: pl.DataFrame
    folds: tuple[int, ...]
    n_folds: int | None
    epochs: int | None
    metric: Mapping[str, float]
    devices: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """All that the epochs took."""
        return float(self.history["seconds"].sum())

    @property
    def pace(self) -> float | None:
        """The median epoch's images a second; the first of a fold waits for the compiler."""
        found = self.history.filter(pl.col("epoch") > 1)["images_per_s"].median()
        found = self.history["images_per_s"].median() if found is None else found
        return None if found is None else float(found)  # type: ignore[arg-type]

    @property
    def mean(self) -> pl.DataFrame:
        """The mean loss and AUC of the folds by epoch, of the epochs that all begun folds have."""
        last = self.history.group_by("fold").agg(pl.col("epoch").max())["epoch"].min()
        whole = self.history.filter(pl.col("epoch") <= (last or 0))
        return whole.group_by("epoch").agg(pl.col("loss", "auc").mean()).sort("epoch")


def read_trainings(folder: Path) -> list[Training]:
    """Give the trainings in a folder of members, by name; what is not begun is not among them.

    Raises MelError when there is none, and for a history that was changed by hand.
    """
    found = [_read(place) for place in sorted(folder.glob("*")) if place.is_dir()]
    begun = [training for training in found if training is not None]
    if not begun:
        raise MelError(
            f"{folder}: no member has trained an epoch yet; mel cnn train RECIPE --work DIR"
        )
    return begun


def _read(member: Path) -> Training | None:
    places = sorted((p for p in member.glob("fold*") if _number(p) >= 0), key=_number)
    parts = [history for place in places if (history := _history(place)) is not None]
    if not parts:
        return None
    recipe = _json(member / "recipe.json")
    oof = member / "oof.parquet"
    whole = bool(recipe) and oof.is_file()
    return Training(
        name=member.name,
        history=pl.concat(parts).sort("fold", "epoch"),
        folds=tuple(mark["fold"] for place in places if (mark := _json(place / MARK))),
        n_folds=recipe.get("n_folds"),
        epochs=recipe.get("settings", {}).get("epochs"),
        metric=read_header(oof, "predictions").get("metric", {}) if whole else {},
        devices=tuple(sorted({name for place in places if (name := _device(place))})),
    )


def _history(place: Path) -> pl.DataFrame | None:
    """Give the epochs of a fold: those of a trained one, or those it has in training so far."""
    done, under_way = place / HISTORY, place / STATE
    if _age(under_way) > _age(done):
        frame = _under_way(under_way)
        frame = None if frame is None else frame.with_columns(fold=pl.lit(_number(place)))
    else:
        frame = read_table(done, "history")[0] if done.is_file() else None
    if frame is None or not frame.height:
        return None
    lacking = [pl.lit(None, kind).alias(c) for c, kind in _COLUMNS.items() if c not in frame]
    return frame.with_columns(lacking).select(pl.col(c).cast(k) for c, k in _COLUMNS.items())


def _device(place: Path) -> str:
    """Give what a fold was trained on, where its history says so."""
    path = place / HISTORY
    return str(read_header(path, "history").get("device", "")) if path.is_file() else ""


def _number(place: Path) -> int:
    """Give a fold's number; -1 of a folder that is none."""
    text = place.name.removeprefix("fold")
    return int(text) if text.isdecimal() else -1


def _age(path: Path) -> float:
    """Give when a file was written; before all others, where it is not there."""
    return path.stat().st_mtime if path.is_file() else -1.0


def _under_way(state: Path) -> pl.DataFrame | None:
    """Give the epochs in what a training goes on from; nothing while that cannot be read."""
    try:
        with np.load(state, allow_pickle=False) as archive:
            rows = json.loads(archive["record"].tobytes())["history"]
        return pl.DataFrame(rows, infer_schema_length=None)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, pl.exceptions.PolarsError):
        return None


def _json(path: Path) -> dict[str, Any]:
    """Give an object in a file that may not be there yet, or be broken: then an empty one."""
    try:
        found = read_json(path)
    except MelError:
        return {}
    return found if isinstance(found, dict) else {}
