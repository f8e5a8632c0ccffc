"""One image's way to a decision: percentiles, blend, probability, alarm; and how sure it is."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from mel.checks import require_columns, require_unique
from mel.ensemble.mixing import Scale
from mel.ensemble.ranks import Floats
from mel.errors import MelError, many
from mel.metrics import percentile

__all__ = ["columns_of", "envelope", "parts_of"]


def columns_of(wide: pl.DataFrame, members: Sequence[str], where: str) -> list[Floats]:
    """Give the members' columns of a frame; MelError for what is no finite score by an id."""
    require_columns(wide, ("image_id", *members), where)
    require_unique(wide, where)
    return [_finite(wide, member, where) for member in members]


def _finite(wide: pl.DataFrame, member: str, where: str) -> Floats:
    column = wide[member]
    if not column.dtype.is_numeric():
        raise MelError(
            f"{where}: column {member!r} holds {column.dtype}, not numbers; give its scores"
        )
    values = column.cast(pl.Float64)
    fine = values.is_finite().fill_null(False)
    if not fine.all():
        row = int((~fine).arg_true()[0])
        raise MelError(
            f"{where}: {member} scores image {wide['image_id'][row]} {column[row]} "
            f"({many(int((~fine).sum()), 'such row')}); every score must be a finite number"
        )
    return values.to_numpy()


def parts_of(
    ids: pl.Series,
    member: str,
    scores: Floats,
    reference: Floats,
    weight: float,
    scale: Scale,
) -> pl.DataFrame:
    """Give one member's part in the blend of each image: see `Blend.explain`."""
    place = percentile(scores, reference)
    shown = place if weight > 0 else 1 - place
    ends = np.array([0.5, 1.0])
    middle, top = scale.there(ends, len(reference))
    push = abs(weight) * np.sign(top - middle) * (scale.there(shown, len(reference)) - middle)
    return pl.DataFrame(
        {
            "image_id": ids,
            "member": [member] * len(scores),
            "score": scores,
            "place": place,
            "weight": np.full(len(scores), weight),
            "push": push,
        },
        schema_overrides={"member": pl.String},
    )


def envelope(judged: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Give, of each image, the least and the most that several judgements say, and the alarms."""
    if not judged:
        raise MelError("no scores to compare across folds; give a frame a fold")
    ids = set(judged[0]["image_id"])
    for frame in judged[1:]:
        if odd := ids ^ set(frame["image_id"]):
            raise MelError(
                f"image {min(odd)!r} is not in every fold's scores "
                f"({many(len(odd), 'such image')}); give the same images"
            )
    return (
        pl.concat(judged)
        .group_by("image_id", maintain_order=True)
        .agg(
            low=pl.col("score").min(),
            high=pl.col("score").max(),
            probability_low=pl.col("probability").min(),
            probability_high=pl.col("probability").max(),
            alarms=pl.col("alarm").mean(),
        )
    )
