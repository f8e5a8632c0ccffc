"""Whether a bundle says what the work folder says: member by member, and the blend."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from mel.errors import MelError, many
from mel.pipeline.bundling.asking import Wanted
from mel.pipeline.bundling.gathering import Gathered
from mel.pipeline.bundling.honest import whole_patients
from mel.predictions import Predictions
from mel.submit.scoring import Judged, Looked, Scorer

__all__ = ["MOST", "Verified", "verify"]

MOST = 64  # real test images that are scored anew


@dataclass(frozen=True)
class Verified:
    """The largest differences of probabilities, by member and for the blend; of so many images.

    `blend` is None where the bundle is a smaller one: its blend is meant to differ.
    """

    images: int
    members: Mapping[str, float]
    blend: float | None

    @property
    def largest(self) -> float:
        """The largest of all."""
        return max([*self.members.values(), self.blend or 0.0])

    @property
    def text(self) -> str:
        """Say it in a line."""
        if not self.images:
            return "not compared: there are no test images"
        if not self.members:
            return "not compared: its networks are meant to differ from those that were trained"
        return f"{self.largest:.1e} at most, on {many(self.images, 'test image')}"


def verify(scorer: Scorer, gathered: Gathered, wanted: Wanted, most: int = MOST) -> Verified:
    """Score test images anew and compare with their scores in the work folder.

    Members are compared fold by fold, where neither folds were averaged nor weights rounded; the
    blend's probabilities where nothing was left out. Raises MelError beyond the tolerance.
    """
    frame = whole_patients(gathered.table.test, most)
    if frame.is_empty() or frame["path"].null_count():
        return Verified(0, {}, None)
    looked = scorer.look(frame)
    if looked.faults:
        image_id, why = min(looked.faults.items())
        raise MelError(f"image {image_id!r}: {why}; the work folder scored it; load the data again")
    members = _members(looked, gathered, wanted)
    blend = None
    if wanted.whole:
        blend = _blend(scorer.judge(frame, looked, gathered.main), gathered)
    found = Verified(frame.height, members, blend)
    _refuse(found, wanted)
    return found


def _members(looked: Looked, gathered: Gathered, wanted: Wanted) -> dict[str, float]:
    if wanted.average or wanted.weights != "float32":
        return {}
    folds = wanted.chosen(gathered.folds.n_folds)
    return {
        name: max(_apart(looked, name, column, gathered, fold) for column, fold in enumerate(folds))
        for name in gathered.members
    }


def _apart(looked: Looked, name: str, column: int, gathered: Gathered, fold: int) -> float:
    path = gathered.work.cnn(name) / f"fold{fold}" / "test.parquet"
    known = pl.DataFrame({"image_id": looked.image_ids}).join(
        Predictions.read(path).frame, on="image_id", how="left", maintain_order="left"
    )
    gap = np.abs(looked.probabilities[name][:, column] - known["score"].to_numpy())
    return float(gap.max())


def _blend(judged: Judged, gathered: Gathered) -> float:
    """Compare probabilities with those of the work folder's blend, from its members' scores."""
    blend = gathered.variants[gathered.main].blend
    wide = judged.frame.select("image_id")
    for name in blend.members:
        stacked = name == gathered.recipe.tabular.name
        folder = gathered.work.tabular(name) if stacked else gathered.work.cnn(name)
        scores = Predictions.read(folder / "test.parquet").frame.select(
            "image_id", pl.col("score").alias(name)
        )
        wide = wide.join(scores, on="image_id", how="left", maintain_order="left")
    if gathered.recipe.ensemble.rank_within_test:
        score = blend.score(wide)["score"]
    else:
        stored = Predictions.read(gathered.work.ensemble(blend.name) / "test.parquet").frame
        score = wide.join(stored, on="image_id", how="left", maintain_order="left")["score"]
    gap = np.abs(blend.probability(score) - judged.frame["probability"].to_numpy())
    moved = np.abs(score.to_numpy() - judged.frame["score"].to_numpy())
    return float(max(gap.max(), moved.max()))


def _refuse(found: Verified, wanted: Wanted) -> None:
    apart = dict(found.members) | ({} if found.blend is None else {"the blend": found.blend})
    for name, gap in sorted(apart.items(), key=lambda pair: -pair[1]):
        if not gap <= wanted.tolerance:
            raise MelError(
                f"{name}: the bundle and the work folder differ by {gap:.1e} in a test image's "
                f"score, more than {wanted.tolerance:g}; no bundle was written. Scores made in low "
                "precision on a GPU may differ by some 1e-3: then allow it by --tolerance"
            )
