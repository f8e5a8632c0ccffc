"""Whether a bundle says what the work folder says: member by member, and the blend."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel import cnn
from mel.errors import MelError, many
from mel.pipeline.bundling.asking import Wanted
from mel.pipeline.bundling.gathering import Gathered
from mel.pipeline.bundling.honest import whole_patients
from mel.predictions import Predictions
from mel.submit.scoring import Judged, Looked, Scorer

__all__ = ["LOW", "MOST", "Verified", "verify"]

MOST = 64  # real test images that are scored anew
LOW = 0.05  # by how much a probability that was computed in low precision may differ
_NO_TEST = "there are no test images"


@dataclass(frozen=True)
class Verified:
    """The largest differences from the work folder, by member and for the blend; of so many images.

    `members` are of probabilities. `blend`, of its score and probability, is None where the bundle
    is a smaller one: its blend is meant to differ. `chain` is that of stack and blend made anew
    from the members' scores in the work folder. `lacking` are test images without a picture. `low`
    are members whose scores in the work folder were computed in low precision.
    """

    images: int
    members: Mapping[str, float]
    blend: float | None
    chain: float | None = None
    lacking: int = 0
    low: tuple[str, ...] = ()

    @property
    def largest(self) -> float:
        """The largest of all."""
        return max([*self.members.values(), self.blend or 0.0])

    @property
    def text(self) -> str:
        """Say it in a line."""
        if not self.images:
            return f"not compared: {'no test image has a picture' if self.lacking else _NO_TEST}"
        if not self.members:
            return "not compared: its networks are meant to differ from those that were trained"
        parts = [f"{self.largest:.1e} at most, on {many(self.images, 'test image')}"]
        if self.lacking:
            parts.append(f"{self.lacking:,} others have no picture")
        if self.low:
            names = ", ".join(self.low)
            parts.append(
                f"scores of {names} in the work folder are of low precision, which is most of "
                f"this; by them, stack and blend differ by {self.chain or 0.0:.1e} at most"
            )
        return "; ".join(parts)


def verify(scorer: Scorer, gathered: Gathered, wanted: Wanted, most: int = MOST) -> Verified:
    """Score test images anew and compare with their scores in the work folder.

    Members are compared fold by fold, where neither folds were averaged nor weights rounded; the
    blend where nothing was left out, and all images of a patient have pictures. Scores that a GPU
    computed in low precision are no measure of the whole: these may differ by `LOW`, and the blend
    is made from them as well, which must give the work folder's. Raises MelError beyond the
    tolerance.
    """
    test = gathered.table.test
    known = test.filter(pl.col("path").is_not_null())
    torn = test.filter(pl.col("path").is_null())["patient_id"].unique()
    whole = known.filter(~pl.col("patient_id").is_in(torn.implode()))
    frame = whole_patients(whole if whole.height else known, most)
    lacking = test.height - known.height
    if frame.is_empty():
        return Verified(0, {}, None, lacking=lacking)
    looked = scorer.look(frame)
    if looked.faults:
        image_id, why = min(looked.faults.items())
        raise MelError(f"image {image_id!r}: {why}; the work folder scored it; load the data again")
    members = _members(looked, gathered, wanted)
    blend = chain = None
    if wanted.whole and whole.height:
        blend = _blend(scorer.judge(frame, looked, gathered.main), gathered)
        by_theirs = replace(looked, probabilities=_kept(looked, gathered))
        chain = _blend(scorer.judge(frame, by_theirs, gathered.main), gathered)
    found = Verified(
        frame.height, members, blend, chain, lacking, _low(gathered) if members else ()
    )
    _refuse(found, wanted)
    return found


def _low(gathered: Gathered) -> tuple[str, ...]:
    folds = range(gathered.folds.n_folds)
    places = {name: gathered.work.cnn(name) for name in gathered.members}
    return tuple(
        name
        for name, place in places.items()
        if any(cnn.scored_in(place, fold) != "float32" for fold in folds)
    )


def _members(looked: Looked, gathered: Gathered, wanted: Wanted) -> dict[str, float]:
    if wanted.average or wanted.weights != "float32":
        return {}
    folds = wanted.chosen(gathered.folds.n_folds)
    kept = _kept(looked, gathered)
    return {
        name: float(np.abs(looked.probabilities[name] - kept[name][:, folds]).max())
        for name in gathered.members
    }


def _kept(looked: Looked, gathered: Gathered) -> dict[str, NDArray[np.float64]]:
    """Give the members' scores that the work folder keeps, as a scorer gives its own."""
    ids = pl.DataFrame({"image_id": looked.image_ids})
    found = {}
    for name in gathered.members:
        columns = []
        for fold in range(gathered.folds.n_folds):
            known = Predictions.read(gathered.work.cnn(name) / f"fold{fold}" / "test.parquet").frame
            mine = ids.join(known, on="image_id", how="left", maintain_order="left")
            columns.append(mine["score"].to_numpy())
        found[name] = np.stack(columns, axis=1)
    return found


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
    lax = max(wanted.tolerance, LOW)
    apart = {
        name: (gap, lax if name in found.low else wanted.tolerance)
        for name, gap in found.members.items()
    }
    if found.blend is not None and not found.low:
        apart["the blend"] = (found.blend, wanted.tolerance)
    if found.chain is not None:
        apart["stack and blend"] = (found.chain, min(wanted.tolerance, Wanted.tolerance))
    for name, (gap, most) in sorted(apart.items(), key=lambda pair: -pair[1][0]):
        if not gap <= most:
            raise MelError(
                f"{name}: the bundle and the work folder differ by {gap:.1e} in a test image's "
                f"score, more than {most:g}; no bundle was written. Where the scores were made on "
                "another machine, they may differ by some 1e-3: then allow it by --tolerance"
            )
