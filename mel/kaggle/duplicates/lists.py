"""Published lists of duplicates -> pairs of image ids."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from mel.errors import MelError, many
from mel.kaggle.delimited import read_columns, read_header
from mel.progress import say

__all__ = ["SCHEMAS", "read_list"]

SCHEMAS = (("image_name_1", "image_name_2"), ("ISIC_id", "ISIC_id_paired"))
_SUFFIX = r"(?i)\.(jpe?g|png|dcm)$"


def read_list(path: Path | str, known_ids: Iterable[str], *, strict: bool = True) -> pl.DataFrame:
    r"""Read a published list of duplicates: a row a pair, image_id_1 < image_id_2, each pair once.

    Both public forms are read: image_name_1 and image_name_2 (ISIC's
    ISIC_2020_Training_Duplicates.csv), and ISIC_id and ISIC_id_paired (the competition host's
    2020_Challenge_duplicates.csv, which lists the test images too); further columns, such as its
    partition, are of no account. A name may end in .jpg, .jpeg, .png or .dcm.

    With `strict` an image that is not among `known_ids` is refused; without, pairs that name one
    are left out, and their count is said. Raises MelError for a missing or unreadable file, for
    another form, for an empty name, and for a row that pairs an image with itself.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "list.csv"
    ...     _ = path.write_text("ISIC_id,ISIC_id_paired,partition\nb,a,train\na,b,train\n")
    ...     read_list(path, ["a", "b", "c"]).rows()
    [('a', 'b')]
    """
    path = Path(path)
    if not path.exists():
        raise MelError(f"{path}: no such file; correct the path, or leave the list out")
    one, other = _columns(read_header(path), path)
    table, _ = read_columns(path, (one, other))
    pairs = pl.DataFrame({"one": _names(table, one, path), "other": _names(table, other, path)})
    same = pairs.filter(pl.col("one") == pl.col("other"))
    if same.height:
        raise MelError(
            f"{path}: pairs image {same['one'][0]!r} with itself "
            f"({many(same.height, 'row')}); remove them"
        )
    return _ordered(_among(pairs, set(known_ids), path, strict=strict))


def _ordered(pairs: pl.DataFrame) -> pl.DataFrame:
    low, high = pl.min_horizontal("one", "other"), pl.max_horizontal("one", "other")
    return pairs.select(image_id_1=low, image_id_2=high).unique().sort("image_id_1", "image_id_2")


def _columns(header: list[str], path: Path) -> tuple[str, str]:
    for schema in SCHEMAS:
        if set(schema) <= set(header):
            return schema
    if len(header) == 1:
        read_columns(path, [name for schema in SCHEMAS for name in schema])  # another delimiter?
    forms = " nor ".join(" and ".join(schema) for schema in SCHEMAS)
    raise MelError(
        f"{path}: has neither the columns {forms}, but {', '.join(header)}; "
        "rename the two that hold the pairs"
    )


def _names(table: pl.DataFrame, column: str, path: Path) -> pl.Series:
    names = table[column].fill_null("").str.strip_chars()
    if missing := (names == "").sum():
        bare = many(int(missing), "row")
        raise MelError(f"{path}: {bare} without {column}; complete or remove them")
    return names.str.replace(_SUFFIX, "")


def _among(pairs: pl.DataFrame, known: set[str], path: Path, *, strict: bool) -> pl.DataFrame:
    unknown = ({*pairs["one"]} | {*pairs["other"]}) - known
    if unknown and strict:
        raise MelError(
            f"{path}: image {min(unknown)!r} is none of this table's "
            f"({many(len(unknown), 'such image')}); take the list that belongs to them, or "
            "remove its rows"
        )
    if not unknown:
        return pairs
    kept = pairs.filter(~pl.col("one").is_in(unknown), ~pl.col("other").is_in(unknown))
    left_out = pairs.height - kept.height
    say(f"{path}: {left_out} of {many(pairs.height, 'pair')} left out, which name other images")
    return kept
