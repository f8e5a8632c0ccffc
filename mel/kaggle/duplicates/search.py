"""Copies found by comparing the pictures themselves."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from mel.checks import require_columns, require_unique
from mel.errors import MelError, many
from mel.kaggle.duplicates.exact import same_bytes, same_pixels
from mel.kaggle.duplicates.near import near_pairs
from mel.kaggle.duplicates.signatures import read_signatures
from mel.progress import say

__all__ = ["PAIRS", "THRESHOLD", "Found", "find", "search"]

THRESHOLD = 0.04  # the largest distance of a near pair; benchmarks/results/duplicates.md says why
PAIRS = {
    "image_id_1": pl.String,
    "image_id_2": pl.String,
    "kind": pl.String,
    "distance": pl.Float64,
    "source_1": pl.String,
    "source_2": pl.String,
}


@dataclass(frozen=True)
class Found:
    """What a search found, and what it did for it.

    pairs: see `find`. broken: image_id, path and reason of each picture that could not be read.
    images: how many were compared. computed: how many of them the cache did not have. compared:
    pairs of hashes whose distance was taken. aligned: pairs of thumbnails laid over each other.
    """

    pairs: pl.DataFrame
    broken: pl.DataFrame
    images: int
    computed: int
    compared: int
    aligned: int


def find(
    frame: pl.DataFrame, cache: Path | None = None, threshold: float = THRESHOLD
) -> pl.DataFrame:
    """Find the copies among pictures, whatever their orientation, size, quality or brightness.

    `frame` has image_id, path (an image reference, see `mel.images`) and source; further columns
    are of no account. Gives a row a pair: image_id_1 < image_id_2, kind, distance, source_1 and
    source_2, sorted by the ids. "exact" is a pair of the same bytes or of the same decoded pixels
    (distance 0); of several files with the same bytes each is paired with the smallest image_id,
    and that one alone is compared with the other pictures, so that `label` gives whole groups.
    "near" is a pair whose centred squares match in one of eight orientations, the one perhaps a
    crop of the other by up to about a seventh; its distance is 1 minus the correlation of their
    aligned detail (`mel.kaggle.duplicates.aligning`), at most `threshold`.

    The threshold was chosen on the 10,015 real pictures of HAM10000: at 0.04, 99 % of known copies
    (JPEG quality down to 25, half the size, turned, mirrored, cropped by up to 15 %, brighter,
    darker) were found, and of the pairs of two lesions there were two, both of one photograph
    that the table gives to two lesions. Pairs of really different lesions, small spots on plain
    skin, begin at 0.047 and are many from 0.08 on; their number grows with the square of the
    pictures', which is why the threshold is not set right below them.

    `cache` is a Parquet file that keeps what was computed of each picture, by its path, size and
    time of change. Pictures that cannot be read are counted on standard error and left out.

    Raises MelError for a missing column, a missing or double image_id, no path, and a threshold
    that is negative or not below 1.

    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from PIL import Image
    >>> grey = np.random.default_rng(0).integers(0, 256, (8, 8), dtype=np.uint8)
    >>> with TemporaryDirectory() as folder:
    ...     whole = Image.fromarray(grey).resize((96, 96), Image.Resampling.BICUBIC)
    ...     paths = [f"{folder}/{name}.png" for name in "abc"]
    ...     for path, turns in zip(paths, (0, 1, 0), strict=True):
    ...         whole.rotate(90 * turns).save(path)
    ...     rows = {"image_id": ["a", "b", "c"], "path": paths, "source": ["here"] * 3}
    ...     pairs = find(pl.DataFrame(rows))
    >>> pairs.select("image_id_1", "image_id_2", "kind").rows()
    [('a', 'b', 'near'), ('a', 'c', 'exact')]
    """
    return search(frame, cache, threshold).pairs


def search(frame: pl.DataFrame, cache: Path | None = None, threshold: float = THRESHOLD) -> Found:
    """Do what `find` does, and say what it took."""
    require_columns(frame, ("image_id", "path", "source"), "images")
    require_unique(frame, "images")
    if not 0 <= threshold < 1:
        raise MelError(f"threshold {threshold:g}: give 0 or more, and less than 1")
    if frame["path"].null_count():
        raise MelError("images: there are no pictures to compare; load them with images = 'files'")
    signatures = read_signatures(frame, cache)
    if signatures.broken.height:
        lost, first = signatures.broken.height, signatures.broken["reason"][0]
        say(f"{many(lost, 'picture')} left out, broken, first: {first}")
    exact = same_bytes(signatures.frame)
    near = near_pairs(signatures, threshold)
    pairs = pl.concat([exact, same_pixels(near.pairs, signatures)])
    sources = frame.select("image_id", "source")
    for side in ("1", "2"):
        named = sources.rename({"image_id": f"image_id_{side}", "source": f"source_{side}"})
        pairs = pairs.join(named, on=f"image_id_{side}", how="left", validate="m:1")
    return Found(
        pairs.select(pl.col(n).cast(t) for n, t in PAIRS.items()).sort("image_id_1", "image_id_2"),
        signatures.broken,
        signatures.frame.height,
        signatures.computed,
        near.compared,
        near.aligned,
    )
