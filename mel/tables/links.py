"""Images that share a patient, a lesion or a copy, and whether one trains what scores another."""

import polars as pl

from mel.checks import AXES, is_missing
from mel.errors import many

__all__ = ["first_leak"]


def first_leak(
    images: pl.DataFrame, folds: pl.DataFrame, barred: pl.DataFrame, n_folds: int
) -> str | None:
    """Say the first leak of a fold map in half a sentence, or None where there is none.

    images: the rows of an ImageTable. folds: image_id and fold of its train images. barred: pairs
    of image_id and fold that must not train together.
    """
    rows = images.join(folds, on="image_id", how="left", validate="1:1")
    for kind, column in AXES.items():
        if column in images.columns:
            known = rows.filter(~is_missing(column)).with_columns(link=column)
            found = _across_folds(known, kind, barred) or _into_test(known, kind, barred, n_folds)
            if found:
                return found
    return None


def _across_folds(rows: pl.DataFrame, kind: str, barred: pl.DataFrame) -> str | None:
    scored = rows.filter(pl.col("fold").is_not_null()).select("link", scores="fold").unique()
    trains = rows.filter(pl.col("split") != "test").select("image_id", "split", "link", "fold")
    met = trains.join(scored, on="link", how="inner")
    met = met.filter((pl.col("fold") != pl.col("scores")) | pl.col("fold").is_null())
    kept_out = barred.rename({"fold": "scores"})
    leaks = met.join(kept_out, on=["image_id", "scores"], how="anti").sort("link", "image_id")
    if not leaks.height:
        return None
    first, split = leaks["link"][0], leaks["split"][0]
    here = leaks.filter(pl.col("link") == first)
    places = sorted({*here["scores"], *here["fold"].drop_nulls()})
    text = f"{kind} {first!r} has images in folds {', '.join(map(str, places))}"
    if split == "external":
        text = (
            f"external image {leaks['image_id'][0]!r} of {kind} {first!r} trains fold "
            f"{leaks['scores'][0]}, which scores that {kind}"
        )
    return f"{text} ({leaks['link'].n_unique()} such {kind}s)"


def _into_test(rows: pl.DataFrame, kind: str, barred: pl.DataFrame, n_folds: int) -> str | None:
    tested = rows.filter(pl.col("split") == "test").select("link").unique()
    linked = rows.filter(pl.col("split") == "external").join(tested, on="link", how="semi")
    shut = barred.group_by("image_id").len().filter(pl.col("len") == n_folds)
    leaks = linked.join(shut, on="image_id", how="anti").sort("link", "image_id")
    if not leaks.height:
        return None
    return (
        f"external image {leaks['image_id'][0]!r} shares {kind} {leaks['link'][0]!r} with a test "
        f"image and is not barred from every fold ({many(leaks.height, 'such image')})"
    )
