"""Several sources -> one table: no picture twice, copies labelled, a test set held out."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from mel.checks import AXES, is_missing
from mel.config import DataSettings
from mel.errors import MelError
from mel.kaggle import duplicates
from mel.kaggle.pictures import EXTENSION
from mel.kaggle.sources import Source

__all__ = ["NOTHING_LEFT_OUT", "hold_out", "label_copies", "stack"]

NOTHING_LEFT_OUT = pl.DataFrame(
    schema=dict.fromkeys(("image_id", "source", "reason", "kept_id"), pl.String)
)
_SAME = "_downsampled"  # what ISIC adds to an id for a smaller file of the same picture
_PICTURE = pl.col("image_id").str.replace(EXTENSION, "").str.strip_suffix(_SAME)


def stack(frames: Sequence[pl.DataFrame]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Put the rows of several sources below each other; a picture's first source keeps it.

    Ids are ISIC's own across its challenges, so that an id in two sources is one picture; with or
    without "_downsampled" or an extension it is the same. Gives all rows that stay, sorted by
    image_id, and the external ones that are left out: image_id, source, reason and kept_id, the
    same picture's id in the table. What these say of patient and lesion goes to the rows that
    stay (`mel.kaggle.duplicates.hand_on`), so that no other image of a lesion slips into training.

    >>> main = pl.DataFrame({"image_id": ["a"], "split": ["test"], "source": ["siim2020"]})
    >>> other = pl.DataFrame({"image_id": ["a", "b"], "split": "external", "source": "isic2019"})
    >>> other = other.with_columns(target=1)
    >>> kept, left_out = stack([main, other])
    >>> kept["image_id"].to_list(), left_out.rows()
    (['a', 'b'], [('a', 'isic2019', 'is a test image of siim2020', 'a')])
    """
    ranked = [frame.with_columns(_rank=pl.lit(rank)) for rank, frame in enumerate(frames)]
    rows = pl.concat(ranked, how="diagonal").sort("_rank", "image_id")
    rows = rows.with_columns(_same=_PICTURE)
    named = {"image_id": "kept_id", "_rank": "_first", "split": "_split", "source": "_source"}
    named["target"] = "_target"
    firsts = rows.unique("_same", keep="first", maintain_order=True).select("_same", *named)
    rows = rows.join(firsts.rename(named), on="_same", how="left", maintain_order="left")
    gone = pl.col("_rank") > pl.col("_first")
    left_out = rows.filter(gone).select("image_id", "source", reason=_reason(), kept_id="kept_id")
    kept = rows.filter(~gone).drop("_rank", "_same", *named.values())
    kept = duplicates.hand_on(kept, rows.filter(gone))
    return kept.sort("image_id"), left_out.sort("source", "image_id")


def _reason() -> pl.Expr:
    """Say which row of the same picture stays, and whether that has another target."""
    role = pl.when(pl.col("_split") == "test").then(pl.lit("is a test image of "))
    odd = pl.when(pl.col("target") != pl.col("_target")).then(pl.lit(", with another target"))
    return pl.concat_str(
        role.otherwise(pl.lit("is also in ")), "_source", odd.otherwise(pl.lit(""))
    )


def label_copies(
    frame: pl.DataFrame, sources: Sequence[Source], settings: DataSettings, cache: Path | None
) -> pl.DataFrame:
    """Give the rows with duplicate_id, from the sources' lists and, if asked for, by comparing.

    A list of the main source must name its images only; other pairs of an external one's, and of
    one whose test images are left aside, are passed over. Ids of one source that differ by
    "_downsampled" or an extension alone are copies too. Without any of these there is no column
    duplicate_id; asking to drop duplicates then raises MelError.
    """
    pairs = [_namesakes(frame), *(_pairs(source, frame) for source in sources)]
    if settings.duplicates == "find":
        file = None if cache is None else cache / "hashes.parquet"
        pairs.append([duplicates.find(frame, file).select("image_id_1", "image_id_2")])
    found = [pair for some in pairs for pair in some]
    if not found and settings.drop_duplicates:
        raise MelError(
            f"{sources[0].folder}: data.drop_duplicates is set, and no list of duplicates is "
            "there; put one there, or set data.duplicates = 'find'"
        )
    return duplicates.label(frame, pl.concat(found)) if found else frame


def _pairs(source: Source, frame: pl.DataFrame) -> list[pl.DataFrame]:
    strict = "test" in source.splits
    paths = [source.folder / name for name in source.layout.duplicates]
    ids = frame["image_id"]
    return [duplicates.read_list(path, ids, strict=strict) for path in paths if path.exists()]


def _namesakes(frame: pl.DataFrame) -> list[pl.DataFrame]:
    first = pl.col("image_id").min().over(_PICTURE)
    pairs = frame.select(image_id_1=first, image_id_2="image_id")
    pairs = pairs.filter(pl.col("image_id_1") != pl.col("image_id_2"))
    return [pairs] if pairs.height else []


def hold_out(
    frame: pl.DataFrame, settings: DataSettings
) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Make a share of the train rows the test rows, whole groups of linked images at a time.

    Two images are linked by a patient, a lesion or a copy. `test_fraction` is the share of the
    groups, among those with a positive as among the rest; which ones depends on the set of
    groups, the fraction and the seed, not on the order of the rows. Gives the rows, without
    target and diagnosis of those held out, and image_id and target of these; with a fraction of
    0 the rows as they are, and None.

    Raises MelError for a fraction that leaves a side without positives or without anything else.
    """
    if not settings.test_fraction:
        return frame, None
    frame = frame.with_columns(_group=_groups(frame))
    chosen = _chosen(frame.filter(pl.col("split") == "train"), settings)
    held = (pl.col("split") == "train") & pl.col("_group").is_in(chosen)
    test, rest = frame.filter(held), frame.filter(~held, split="train")
    for side in (test, rest):
        if side["target"].n_unique() < 2:
            raise MelError(
                f"data.test_fraction {settings.test_fraction:g}: leaves a side without positives "
                "or without anything else; choose another fraction"
            )
    known = [name for name in ("target", "diagnosis") if name in frame.columns]
    frame = frame.with_columns(pl.when(~held).then(pl.col(name)).alias(name) for name in known)
    frame = frame.with_columns(split=pl.when(held).then(pl.lit("test")).otherwise("split"))
    return frame.drop("_group"), test.select("image_id", "target").sort("image_id")


def _groups(frame: pl.DataFrame) -> pl.Series:
    """Name each row's group of linked images: by the smallest patient of its train rows."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows = frame.with_columns(_row=pl.int_range(pl.len(), dtype=pl.Int64))
    edges = []
    for column in (column for column in AXES.values() if column in frame.columns):
        known = rows.filter(~is_missing(column))
        edges.append(known.select(here="_row", there=pl.col("_row").min().over(column)))
    here, there = (pl.concat(edges)[side].to_numpy() for side in ("here", "there"))
    graph = coo_array((np.ones(len(here), bool), (here, there)), (frame.height, frame.height))
    label = pl.Series("_component", connected_components(graph, directed=False)[1])
    own = pl.when(pl.col("split") == "train").then("patient_id")
    return frame.with_columns(label).select(own.min().over("_component")).to_series()


def _chosen(train: pl.DataFrame, settings: DataSettings) -> list[str]:
    """Give the groups to hold out: of each class sorted, then shuffled by the seed, the first."""
    groups = train.group_by("_group").agg(pl.col("target").max()).sort("_group")
    chosen: list[str] = []
    for target in (0, 1):
        names = groups.filter(pl.col("target") == target)["_group"].to_list()
        rng = np.random.default_rng([settings.seed, target])
        count = round(settings.test_fraction * len(names))
        chosen += [names[k] for k in rng.permutation(len(names))[:count]]
    return chosen
