"""The quick part: members' scores to the stack's, the blend's, a probability and a decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from mel.errors import MelError
from mel.images.quality import WARNINGS
from mel.submit.scoring.asking import Asked
from mel.submit.scoring.chain import Chain, Said
from mel.submit.scoring.looked import Looked

__all__ = ["Judge", "Judged"]


@dataclass(frozen=True, eq=False)
class Judged:
    """What is said of images, in the order they were asked about.

    frame: image_id, probability, its `low` and `high` over the folds, score (from 0 to 1),
    percentile (among the training images), decision (whether the score reaches the operating
    point), variant ("context" or "single"), a column a member with its score and one of the stack,
    flags. What has a fault has nulls. shares: image_id and a column a member: by how much it moves
    the score up or down from that of a middling image. by_member: the same columns, each member's
    own percentile among its training scores.
    """

    frame: pl.DataFrame
    shares: pl.DataFrame
    by_member: pl.DataFrame


@dataclass(frozen=True)
class Judge:
    """A chain a variant, of all folds together, and the same of each fold alone."""

    whole: Mapping[str, Chain]
    folds: Mapping[str, Sequence[Chain]]

    def judge(
        self, asked: Asked, looked: Looked, variant: str = "auto", fold: int | None = None
    ) -> Judged:
        """Judge what was looked at; all images of a patient must be among `asked`.

        With `fold`, by the networks and the stack's model of one fold alone.
        """
        if unseen := set(asked.ids) - set(looked.image_ids):
            raise MelError(f"image {min(unseen)!r} was not looked at; look at all that is judged")
        chosen = asked.variants(set(looked.scored), variant)
        said = [
            self._said(str(name), asked.frame.join(rows, on="image_id", how="semi"), looked, fold)
            for (name,), rows in chosen.group_by("variant", maintain_order=True)
        ]
        whole = [self.whole["single"].nothing(looked), *said]  # its columns, and no row
        ids = asked.frame.select("image_id")
        frame, shares, by_member = (
            ids.join(pl.concat(parts), on="image_id", how="left", maintain_order="left")
            for parts in zip(*(one.frames for one in whole), strict=True)
        )
        return Judged(_flagged(frame, asked, looked), shares, by_member)

    def _said(self, variant: str, images: pl.DataFrame, looked: Looked, fold: int | None) -> Said:
        if fold is not None:
            found = self.folds[variant][fold].say(images, looked)
            return found.between([found.frame["probability"]], variant)
        found = self.whole[variant].say(images, looked)
        alone = [chain.probability(images, looked) for chain in self.folds[variant]]
        return found.between([found.frame["probability"], *alone], variant)


def _flagged(frame: pl.DataFrame, asked: Asked, looked: Looked) -> pl.DataFrame:
    """Add what must be said of each image."""
    warned = dict(looked.quality.select("image_id", "warnings").iter_rows())
    broken = {image_id: [f"broken image: {why}"] for image_id, why in looked.faults.items()}
    flags = [
        [*broken.get(i, []), *(WARNINGS[name] for name in warned[i] or ()), *asked.flags[i]]
        for i in frame["image_id"]
    ]
    return frame.with_columns(flags=pl.Series(flags, dtype=pl.List(pl.String)))
