"""From members' scores to a probability: the stack, the blend, the calibration, in one variant."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import polars as pl

from mel.ensemble import Blend
from mel.submit.scoring.looked import Looked
from mel.tabular import Stack

__all__ = ["Chain", "Said", "only_fold"]

_NUMBERS = ("probability", "low", "high", "score", "percentile")
_FIRST = ("image_id", *_NUMBERS, "decision", "variant")


@dataclass(frozen=True, eq=False)
class Said:
    """What a chain says: a frame of numbers, and a frame a question about members."""

    frame: pl.DataFrame
    shares: pl.DataFrame
    by_member: pl.DataFrame

    @property
    def frames(self) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """All three."""
        return self.frame, self.shares, self.by_member

    def between(self, probabilities: Sequence[pl.Series], variant: str) -> Self:
        """Add the ends of what several chains said, and the variant."""
        ends = pl.DataFrame({str(i): found for i, found in enumerate(probabilities)})
        frame = self.frame.with_columns(
            low=ends.min_horizontal(), high=ends.max_horizontal(), variant=pl.lit(variant)
        )
        return replace(self, frame=frame.select(self.frame.columns))


@dataclass(frozen=True, eq=False)
class Chain:
    """One variant's stack, where the blend uses one, and its blend.

    `fold` is the column of the networks' probabilities that counts, None for the mean of all.
    """

    variant: str
    blend: Blend
    name: str = ""
    stack: Stack | None = None
    fold: int | None = None

    def wide(self, images: pl.DataFrame, looked: Looked) -> pl.DataFrame:
        """Give image_id and the score of each member and of the stack, in the images' order."""
        ids = images.select("image_id")
        scores = looked.scores(self.fold)
        if self.stack is not None:
            stacked = self.stack.score(images, scores, variant=self.variant)
            scores = scores.join(
                stacked.rename({"score": self.name}), on="image_id", how="inner", validate="1:1"
            )
        return ids.join(scores, on="image_id", how="left", validate="1:1", maintain_order="left")

    def probability(self, images: pl.DataFrame, looked: Looked) -> pl.Series:
        """Give the calibrated probabilities alone."""
        score = self.blend.score(self.wide(images, looked))["score"]
        return pl.Series("probability", self.blend.probability(score))

    def say(self, images: pl.DataFrame, looked: Looked) -> Said:
        """Give all that is said of images, in their order."""
        wide = self.wide(images, looked)
        judged = self.blend.judge(wide).rename({"place": "percentile", "alarm": "decision"})
        ends = dict.fromkeys(("low", "high"), pl.lit(None, pl.Float64))
        frame = judged.with_columns(**ends, variant=pl.lit(self.variant)).select(_FIRST)
        frame = frame.with_columns(wide.select(wide.columns[1:]))
        return Said(frame, *self._parts(wide))

    def nothing(self, looked: Looked) -> Said:
        """Give what would be said of no image: the columns, each of its type."""
        members = [*looked.probabilities, *([self.name] if self.stack else [])]
        types: dict[str, pl.DataType] = {"image_id": pl.String()}
        types |= dict.fromkeys(_NUMBERS, pl.Float64())
        types |= {"decision": pl.Boolean(), "variant": pl.String()}
        numbers = dict.fromkeys(members, pl.Float64())
        parts = {"image_id": pl.String()} | numbers
        return Said(*(pl.DataFrame(schema=each) for each in (types | numbers, parts, parts)))

    def _parts(self, wide: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Give what each member adds to the score, and its place among its training scores."""
        ids, parts = wide.select("image_id"), self.blend.explain(wide)
        blank = dict.fromkeys(wide.columns[1:], pl.lit(None, pl.Float64))
        shares, places = (
            ids.with_columns(**blank).update(
                parts.pivot("member", index="image_id", values=value), on="image_id"
            )
            for value in ("push", "place")
        )
        return shares.with_columns(pl.col(*wide.columns[1:]).fill_null(0.0)), places


def only_fold(stack: Stack, fold: int) -> Stack:
    """Give a stack of the models of one fold alone."""
    context, single = (replace(v, folds=(v.folds[fold],)) for v in (stack.context, stack.single))
    return replace(stack, context=context, single=single)
