"""Pairs of copies for the audit: what mel found by comparing pictures, and published lists."""

from pathlib import Path

import polars as pl

from mel.checks import is_missing, require_columns
from mel.errors import MelError, many, near
from mel.files import read_csv

__all__ = ["SCHEMAS", "as_pairs", "read_pairs"]

SCHEMAS = (
    ("image_id_1", "image_id_2"),
    ("image_name_1", "image_name_2"),
    ("ISIC_id", "ISIC_id_paired"),
)
_KINDS = {"exact": "exact pair", "near": "near pair"}
_SUFFIX = r"(?i)\.(jpe?g|png|dcm)$"


def read_pairs(path: Path | str) -> pl.DataFrame:
    r"""Read pairs of copies: a row a pair, with kind ("exact pair" or "near pair"), one and other.

    `path` is Parquet or CSV. Its two columns of ids are image_id_1 and image_id_2 (what
    `mel kaggle duplicates` writes, with kind "exact" or "near"), or those of a published list:
    image_name_1 and image_name_2, or ISIC_id and ISIC_id_paired. Without a column kind all pairs
    are exact. A pair that stands twice, in either order, counts once.

    Raises MelError for a file that is missing, unreadable or of another form, for an empty id,
    and for an unknown kind.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "list.csv"
    ...     _ = path.write_text("ISIC_id,ISIC_id_paired,partition\nb,a,train\na,b,train\n")
    ...     read_pairs(path).rows()
    [('exact pair', 'a', 'b')]
    """
    path = Path(path)
    return as_pairs(_read(path), str(path))


def _read(path: Path) -> pl.DataFrame:
    if path.suffix.lower() == ".csv":
        return read_csv(path, "correct the path, or leave --near out")
    try:
        return pl.read_parquet(path, glob=False, hive_partitioning=False)
    except FileNotFoundError:
        raise MelError(f"{path}: no such file; correct the path, or leave --near out") from None
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise MelError(
            f"{path}: is no readable Parquet ({reason}); give Parquet or a .csv"
        ) from error


def as_pairs(frame: pl.DataFrame, where: str = "pairs") -> pl.DataFrame:
    """Check a frame of pairs and give it the columns kind, one and other: see `read_pairs`."""
    one, other = _columns(frame, where)
    for name in (one, other):
        if bare := frame.filter(is_missing(name)).height:
            raise MelError(f"{where}: {many(bare, 'row')} without {name}; complete or remove them")
    kinds = _kinds(frame, where)
    names = (pl.col(c).cast(pl.String).str.strip_chars() for c in (one, other))
    here, there = (name.str.replace(_SUFFIX, "") for name in names)
    pairs = frame.select(kind=kinds, here=here, there=there)
    pairs = pairs.select(
        "kind", one=pl.min_horizontal("here", "there"), other=pl.max_horizontal("here", "there")
    )
    return pairs.filter(pl.col("one") != pl.col("other")).unique().sort("kind", "one", "other")


def _columns(frame: pl.DataFrame, where: str) -> tuple[str, str]:
    for one, other in SCHEMAS:
        if {one, other} <= set(frame.columns):
            return one, other
    for schema in SCHEMAS:  # a half is there: say which other half is wanted
        if set(schema) & set(frame.columns):
            require_columns(frame, schema, where)
    forms = "; ".join(", ".join(schema) for schema in SCHEMAS)
    raise MelError(
        f"{where}: has none of the column pairs {forms}, but {', '.join(frame.columns)}; "
        "rename the two that hold the ids"
    )


def _kinds(frame: pl.DataFrame, where: str) -> pl.Expr:
    if "kind" not in frame.columns:
        return pl.lit(_KINDS["exact"])
    odd = sorted(set(frame["kind"].cast(pl.String).fill_null("")) - set(_KINDS))
    if odd:
        raise MelError(f"{where}: unknown kind {odd[0]!r}; {near(odd[0], _KINDS)}")
    return pl.col("kind").replace_strict(_KINDS, return_dtype=pl.String)
