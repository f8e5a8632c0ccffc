"""Ids: each there, once, and of plain characters."""

import polars as pl

from mel.checks.columns import as_text
from mel.errors import MelError, many
from mel.progress import say

__all__ = ["as_ids", "is_missing", "refuse_control", "require_unique"]

_MISSING = ("", "n/a", "na", "nan", "none", "null", "unknown")
_CONTROL = r"\p{Cc}"
_SUFFIX = r"(?i)\.(jpe?g|png|dcm)$"


def is_missing(column: str) -> pl.Expr:
    """Tell of each id whether it is none: null, blank, or a word such as unknown, NaN or None.

    Taken as an id, such a word would be one giant patient.

    >>> frame = pl.DataFrame({"patient_id": ["p1", None, " ", "Unknown", "nan"]})
    >>> frame.select(is_missing("patient_id")).to_series().to_list()
    [False, True, True, True, True]
    """
    text = pl.col(column).cast(pl.String).fill_null("").str.strip_chars().str.to_lowercase()
    return text.is_in(_MISSING)


def require_unique(frame: pl.DataFrame, where: str, by: str = "image_id") -> None:
    """Raise MelError where an id is missing, stands twice or holds a control character.

    `by` is the column of ids, `where` opens the message.

    >>> require_unique(pl.DataFrame({"image_id": ["a", "b", "a"]}), "train.csv")
    Traceback (most recent call last):
    mel.errors.MelError: train.csv: image_id 'a' stands 2 times (1 such id); keep one row of each
    """
    if missing := (frame[by].cast(pl.String).fill_null("") == "").sum():
        raise MelError(f"{where}: {many(int(missing), 'row')} without {by}; give each row its own")
    refuse_control(frame, by, where)
    twice = frame.filter(pl.col(by).is_duplicated())
    if twice.height:
        first = twice[by].sort()[0]
        raise MelError(
            f"{where}: {by} {first!r} stands {twice.filter(pl.col(by) == first).height} times "
            f"({many(twice[by].n_unique(), 'such id')}); keep one row of each"
        )


def as_ids(column: pl.Series, known: pl.Series, where: str) -> pl.Series:
    """Give a column's ids as text; file names become ids where only so they are `known`.

    Raises MelError for an id that is missing or stands twice.

    >>> as_ids(pl.Series("file", ["train/a.jpg", "train/b.JPG"]), pl.Series(["a", "b"]), "x.csv")
    shape: (2,)
    Series: 'file' [str]
    [
        "a"
        "b"
    ]
    """
    names = as_text(column, where)
    require_unique(names.to_frame(), where, by=names.name)
    bare = names.str.replace(_SUFFIX, "").str.replace(r"^.*[/\\]", "")
    if names.is_in(known.implode()).any() or not bare.is_in(known.implode()).any():
        return names
    say(f"{where}: {names.name} holds file names; taken without folder and ending")
    require_unique(bare.to_frame(), where, by=names.name)
    return bare


def refuse_control(frame: pl.DataFrame, column: str, where: str) -> None:
    """Refuse a frame whose column holds a control character, which no eye would see."""
    bad = frame.filter(pl.col(column).cast(pl.String).str.contains(_CONTROL))
    if bad.height:
        raise MelError(
            f"{where}: {column} {bad[column][0]!r} holds a control character "
            f"({many(bad.height, 'row')}); remove it"
        )
