"""A fitted stack: LightGBM text models and their feature list, replayed from the files alone."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.errors import MelError
from mel.files import digest_file, write_text
from mel.tabular.features import FeatureList

__all__ = ["Stack", "load"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stack:
    """One LightGBM a fold, as text, and the features they read. `load` gives one from a folder."""

    features: FeatureList
    models: tuple[str, ...]

    def score(self, images: pl.DataFrame, scores: pl.DataFrame | None = None) -> pl.DataFrame:
        """Score new images: image_id and score, the mean of the fold models' probabilities.

        `images` has image_id and the metadata columns, `scores` image_id and each member's score
        of the kind its test predictions hold (the mean over its folds). Rows keep the images'
        order. One image alone gets exactly the score it gets in a batch. Raises MelError as
        `FeatureList.matrix` does.
        """
        matrix = self.features.matrix(images, scores)
        total = np.zeros(len(matrix))
        for fold in range(len(self.models)):  # not np.mean: its rounding depends on the shape
            total += self.fold_score(fold, matrix)
        return images.select(
            pl.col("image_id").cast(pl.String), pl.Series("score", total / len(self.models))
        )

    def fold_score(self, fold: int, matrix: Floats) -> Floats:
        """Give one fold model's probabilities for the rows of a feature matrix."""
        if not len(matrix):
            return np.empty(0)
        found = self._boosters[fold].predict(matrix, num_threads=1)
        return np.asarray(found, dtype=np.float64)

    @cached_property
    def _boosters(self) -> list[Any]:
        from lightgbm import Booster

        return [Booster(model_str=text) for text in self.models]

    def write(self, folder: Path) -> None:
        """Write fold0.txt, fold1.txt, … and then features.json, which holds their SHA-256."""
        digests = {}
        for fold, text in enumerate(self.models):
            path = folder / f"fold{fold}.txt"
            write_text(path, text)
            digests[path.name] = digest_file(path)
        self.features.model_copy(update={"models": digests}).write(folder / "features.json")


def load(folder: Path | str) -> Stack:
    """Read a stack from the folder it was trained into; no pickle, no training data.

    Raises MelError for a missing file and for one changed after it was written: LightGBM would
    end the whole process over a text cut short.
    """
    folder = Path(folder)
    features = FeatureList.read(folder / "features.json")
    _check_names(list(features.models), folder / "features.json")
    texts = tuple(_read_model(folder / name, sha) for name, sha in features.models.items())
    return Stack(features.model_copy(update={"models": {}}), texts)


def _check_names(names: list[str], path: Path) -> None:
    """Take only names that `Stack.write` gives, none missing and none of another folder."""
    if not names:
        raise MelError(f"{path}: names no models; train it again")
    for number, name in enumerate(names):
        if name != f"fold{number}.txt":
            raise MelError(
                f"{path}: names model {name!r} where fold{number}.txt belongs; train it again"
            )


def _read_model(path: Path, sha: str) -> str:
    try:
        if digest_file(path) == sha:
            return path.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise MelError(f"{path}: cannot be read ({reason}); train the stack again") from None
    raise MelError(f"{path}: is not the file features.json lists; train the stack again")
