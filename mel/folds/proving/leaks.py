"""Every id by which an image may train what scores another: shares nothing with the builder.

A link is a kind and an id that two or more images have in common: a patient, a lesion, a
duplicate_id, or a pair of copies. Frames of links have the columns kind, id and image_id.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.checks import AXES, is_missing
from mel.tables import Folds, ImageTable

__all__ = ["KINDS", "crossings", "link_rows", "shared_with_test"]

KINDS = (*AXES, "exact pair", "near pair", "chain")
_LEAKS = ("between folds", "external", "external to test")
_LINK = ["kind", "id"]
_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "kind": pl.String,
    "id": pl.String,
    "folds": pl.List(pl.Int16),
    "images": pl.UInt32,
    "leak": pl.String,
}


def link_rows(images: pl.DataFrame, pairs: pl.DataFrame | None = None) -> pl.DataFrame:
    """Give a row for each image of each id: kind, id, image_id.

    images: rows of an ImageTable. pairs: kind, one and other (see `mel.folds.proving.pairs`);
    a pair's id is "one & other"; an image that is not there may still link two that are. Left out
    are pairs whose images share a duplicate_id, by which they are looked for already.
    """
    axes = {kind: column for kind, column in AXES.items() if column in images.columns}
    rows = [
        images.filter(~is_missing(column)).select(
            kind=pl.lit(kind), id=pl.col(column).cast(pl.String), image_id="image_id"
        )
        for kind, column in axes.items()
    ]
    if pairs is not None:
        rows.append(_pair_rows(images, pairs))
    return pl.concat(rows)


def _pair_rows(images: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Give the rows of the pairs that say more than the column duplicate_id does."""
    label = pl.lit(None, pl.String)
    if "duplicate_id" in images.columns:
        label = pl.when(~is_missing("duplicate_id")).then(pl.col("duplicate_id").cast(pl.String))
    known = images.select("image_id", label=label)
    for side in ("one", "other"):
        pairs = pairs.join(
            known.rename({"image_id": side, "label": f"label_{side}"}), on=side, how="left"
        )
    told = (pl.col("label_one") == pl.col("label_other")).fill_null(False)
    named = pairs.filter(~told).with_columns(id=pl.format("{} & {}", "one", "other"))
    rows = named.unpivot(on=["one", "other"], index=_LINK, value_name="image_id")
    return rows.select(*_LINK, "image_id")


def crossings(
    table: ImageTable, folds: Folds, links: pl.DataFrame, *, chains: bool = True
) -> pl.DataFrame:
    """Give every id by which an image may train a fold that scores another, or touch the test.

    See `mel.folds.Audit.crossings`. Besides the kinds of `links` there is a chain: images that
    no single id links over the folds, but several in a row do, by way of a test, an external or
    a barred image, or of one that only the pairs name. A chain in which a single id leaks already
    is not said again; without `chains` none is looked for.
    """
    rows = table.frame.select("image_id", "split").join(
        folds.frame, on="image_id", how="left", validate="1:1"
    )
    direct = _leaks(links, rows, folds)
    if not chains:
        return _ordered(direct)
    return _ordered(pl.concat([direct, _leaks(_chains(links, direct), rows, folds)]))


def _leaks(links: pl.DataFrame, rows: pl.DataFrame, folds: Folds) -> pl.DataFrame:
    more = links.filter(pl.len().over(_LINK) > 1)
    known = more.join(rows, on="image_id", how="inner", validate="m:1")
    met = _met(known, folds.barred)
    own = known.filter(split="train").group_by(_LINK).agg(images=pl.len())
    parts = [
        _named(met.filter(split="train"), 0).drop("images").join(own, on=_LINK, how="left"),
        _named(met.filter(split="external"), 1),
        _named(_touching_test(known, folds), 2),
    ]
    return pl.concat([part.select(pl.col(n).cast(t) for n, t in _SCHEMA.items()) for part in parts])


def _met(known: pl.DataFrame, barred: pl.DataFrame) -> pl.DataFrame:
    """Give each image with each fold that it may train and that scores an image of its id."""
    scored = known.filter(pl.col("fold").is_not_null()).select(*_LINK, met="fold").unique()
    trains = known.filter(pl.col("split") != "test")
    met = trains.join(scored, on=_LINK, how="inner").filter(
        pl.col("fold").ne_missing(pl.col("met"))
    )
    return met.join(barred.rename({"fold": "met"}), on=["image_id", "met"], how="anti")


def _touching_test(known: pl.DataFrame, folds: Folds) -> pl.DataFrame:
    """Give each external image of a test image's id with each fold that it may train."""
    tested = known.filter(split="test").select(_LINK).unique()
    linked = known.filter(split="external").join(tested, on=_LINK, how="semi")
    every = pl.DataFrame({"met": range(folds.n_folds)}, schema={"met": pl.Int16})
    barred = folds.barred.rename({"fold": "met"})
    return linked.join(every, how="cross").join(barred, on=["image_id", "met"], how="anti")


def _named(met: pl.DataFrame, leak: int) -> pl.DataFrame:
    found = met.group_by(_LINK).agg(
        folds=pl.col("met").unique().sort(), images=pl.col("image_id").n_unique()
    )
    return found.with_columns(leak=pl.lit(_LEAKS[leak]))


def _chains(links: pl.DataFrame, direct: pl.DataFrame) -> pl.DataFrame:
    """Give the links of each connected component, one id a component: its smallest image."""
    found = links.with_columns(chain=_components(links))
    told = found.join(direct, on=_LINK, how="semi").select("chain").unique()
    fresh = found.join(told, on="chain", how="anti").select("chain", "image_id").unique()
    return fresh.select(
        kind=pl.lit("chain"), id=pl.col("image_id").min().over("chain"), image_id="image_id"
    )


def _components(links: pl.DataFrame) -> pl.Series:
    """Number the connected components of the graph whose nodes are images and ids."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    image, size = _numbers(links, ["image_id"])
    which, more = _numbers(links, _LINK)
    nodes = size + more
    graph = coo_array((np.ones(len(image), bool), (image, which + size)), (nodes, nodes))
    labels = connected_components(graph, directed=False)[1] if nodes else image
    return pl.Series("chain", labels[image], dtype=pl.Int32)


def _numbers(rows: pl.DataFrame, by: list[str]) -> tuple[NDArray[np.int64], int]:
    """Number the distinct values of some columns from 0; give each row's, and how many."""
    known = rows.select(by).unique(maintain_order=True).with_row_index("number")
    found = rows.join(known, on=by, how="left", validate="m:1", maintain_order="left")["number"]
    return found.cast(pl.Int64).to_numpy(), known.height


def _ordered(found: pl.DataFrame) -> pl.DataFrame:
    kind = pl.col("kind").replace_strict(dict(zip(KINDS, range(len(KINDS)), strict=True)))
    leak = pl.col("leak").replace_strict(dict(zip(_LEAKS, range(len(_LEAKS)), strict=True)))
    return found.sort(leak, kind, "id")


def shared_with_test(table: ImageTable, links: pl.DataFrame) -> pl.DataFrame:
    """Give every id that train and test images share: kind, id, train and test (their images).

    No fold leaks by it, but a score on the test images is too good where their labels are known.
    """
    splits = table.frame.select("image_id", "split")
    rows = links.join(splits, on="image_id", how="inner", validate="m:1")
    counts = rows.group_by(_LINK).agg(
        *((pl.col("split") == side).sum().alias(side) for side in ("train", "test"))
    )
    return counts.filter(pl.col("train") > 0, pl.col("test") > 0).sort(_LINK)
