"""New images and the members' scores of them, joined by image_id."""

from collections.abc import Mapping, Sequence

import polars as pl

from mel.checks import require_columns, require_unique
from mel.errors import MelError, many
from mel.metrics import percentile
from mel.tabular.features.rows import Rows
from mel.tabular.features.stored import Floats

__all__ = ["incoming"]


def incoming(
    images: pl.DataFrame,
    scores: pl.DataFrame | None,
    columns: Sequence[str],
    references: Mapping[str, Sequence[float]],
) -> Rows:
    """Join new images, sorted by image_id, to their scores, ranked in each member's reference.

    `columns` are those the images must have. Raises MelError for a missing column, a duplicate
    id, and an image without a finite score of each member.
    """
    require_columns(images, columns, "images")
    require_unique(images, "images")
    others = [name for name in images.columns if name != "image_id"]
    found = images.select(pl.col("image_id").cast(pl.String), *others).sort("image_id")
    raw = _aligned(found, scores, list(references))
    ranks = {name: percentile(raw[name], list(known)) for name, known in references.items()}
    return Rows(found, raw, ranks, {name: 0.5 / len(known) for name, known in references.items()})


def _aligned(
    images: pl.DataFrame, scores: pl.DataFrame | None, members: list[str]
) -> dict[str, Floats]:
    """The members' scores in the images' order."""
    if not members:
        return {}
    if scores is None:
        raise MelError(f"scores: none given, the stack needs {', '.join(members)}; predict them")
    require_columns(scores, ["image_id", *members], "scores")
    require_unique(scores, "scores")
    scores = scores.select(pl.col("image_id").cast(pl.String), *map(_number, members))
    wide = images.select("image_id").join(scores, on="image_id", how="left", maintain_order="left")
    for name in members:
        bad = wide.filter(~pl.col(name).is_finite().fill_null(False))
        if bad.height:
            raise MelError(
                f"scores: image {bad['image_id'][0]!r} has no finite score of {name} "
                f"({many(bad.height, 'such image')}); predict it again"
            )
    return {name: wide[name].to_numpy().astype(float) for name in members}


def _number(member: str) -> pl.Expr:
    return pl.col(member).cast(pl.Float64, strict=False)
