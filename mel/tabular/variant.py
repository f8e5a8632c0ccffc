"""One variant of a stack, with patient context or without: features, and a model a fold."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from pydantic import ValidationError

from mel.errors import MelError
from mel.files import digest_file, write_text
from mel.progress import progress
from mel.tabular.features import FeatureList, Floats, Rows
from mel.tabular.fitting import FoldModel, Mask, Plan, fit_fold

__all__ = ["VariantStack", "fit_variant"]

_FEATURES = "features.json"


@dataclass(frozen=True)
class VariantStack:
    """The features of a variant and the models that read them, one a fold."""

    features: FeatureList
    folds: tuple[FoldModel, ...]

    def score(self, images: pl.DataFrame, scores: pl.DataFrame | None) -> pl.DataFrame:
        """Score new images: image_id and score, in the images' order."""
        rows = self.features.rows(images, scores)
        found = rows.images.select("image_id", score=pl.Series(self.mean(rows)))
        ids = images.select(pl.col("image_id").cast(pl.String))
        return ids.join(found, on="image_id", how="left", maintain_order="left")

    def mean(self, rows: Rows, only: Mask | None = None) -> Floats:
        """Give the mean over the folds' models of the probabilities of the rows, or of some."""
        if not len(rows):
            return np.empty(0)
        found = [model.probability(self.features, rows, only) for model in self.folds]
        return Rows.sum_of(found) / len(found)

    def write(self, folder: Path) -> None:
        """Write fold0.json, fold1.json, … and then features.json, which holds their SHA-256."""
        folder.mkdir()
        digests = {}
        for fold, model in enumerate(self.folds):
            path = folder / f"fold{fold}.json"
            write_text(path, model.model_dump_json() + "\n")
            digests[path.name] = digest_file(path)
        self.features.model_copy(update={"models": digests}).write(folder / _FEATURES)

    @classmethod
    def read(cls, folder: Path) -> "VariantStack":
        """Read what `write` wrote.

        Raises MelError for a missing file and for one changed after it was written: LightGBM would
        end the whole process over a text cut short.
        """
        features = FeatureList.read(folder / _FEATURES)
        _check_names(list(features.models), folder / _FEATURES)
        found = tuple(_read(folder / name, sha) for name, sha in features.models.items())
        return cls(features.model_copy(update={"models": {}}), found)


def fit_variant(plan: Plan, label: str) -> tuple[VariantStack, Floats]:
    """Fit a model a fold; give also the score of each training row by its own fold's model."""
    found, scores = [], np.empty(len(plan.rows))
    with progress(label, len(plan.folds), "folds") as tick:
        for fold in plan.folds:
            found.append(fit_fold(plan, fold))
            mine = plan.fold == fold
            scores[mine] = found[-1].probability(plan.features, plan.rows, mine)
            tick()
    return VariantStack(plan.features, tuple(found)), scores


def _check_names(names: list[str], path: Path) -> None:
    """Take only names that `write` gives, none missing and none of another folder."""
    if not names:
        raise MelError(f"{path}: names no models; train it again")
    for number, name in enumerate(names):
        if name != f"fold{number}.json":
            raise MelError(
                f"{path}: names model {name!r} where fold{number}.json belongs; train it again"
            )


def _read(path: Path, sha: str) -> FoldModel:
    try:
        if digest_file(path) == sha:
            return FoldModel.model_validate_json(path.read_bytes())
    except OSError as error:
        reason = error.strerror or str(error)
        raise MelError(f"{path}: cannot be read ({reason}); train the stack again") from None
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise MelError(f"{path}: is no model ({reason}); train the stack again") from None
    raise MelError(f"{path}: is not the file features.json lists; train the stack again")
