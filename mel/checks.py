"""What a frame must hold before anything may trust it: columns, types, ids, known words."""

from collections.abc import Iterable, Mapping

import polars as pl

from mel.errors import MelError, many, near
from mel.progress import say

__all__ = [
    "AXES",
    "IMAGES",
    "OLDEST_AGE",
    "SEXES",
    "SITES",
    "SPLITS",
    "as_ids",
    "as_text",
    "cast_columns",
    "check_images",
    "is_missing",
    "require_columns",
    "require_unique",
]

SPLITS = ("train", "test", "external")
SEXES = ("female", "male")
SITES = (
    "head/neck",
    "lower extremity",
    "oral/genital",
    "palms/soles",
    "torso",
    "upper extremity",
)
IMAGES = {
    "image_id": pl.String,
    "patient_id": pl.String,
    "target": pl.Int8,
    "split": pl.String,
    "path": pl.String,
    "sex": pl.String,
    "age": pl.Float64,
    "site": pl.String,
    "source": pl.String,
}
AXES = {
    "patient": "patient_id",
    "lesion": "lesion_id",
    "duplicate": "duplicate_id",
    "person": "person_id",  # of a person who is one patient in train and another in test
}
OLDEST_AGE = 120.0  # years
_VOCABULARIES = {"split": SPLITS, "sex": SEXES, "site": SITES}
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


def require_columns(frame: pl.DataFrame, names: Iterable[str], where: str) -> None:
    """Refuse a frame that lacks one of `names`; `where` opens the message."""
    for name in names:
        if name not in frame.columns:
            raise MelError(f"{where}: no column {name!r}; {near(name, frame.columns)}")


def cast_columns(
    frame: pl.DataFrame, types: Mapping[str, pl.DataType | type[pl.DataType]], where: str
) -> pl.DataFrame:
    """Cast columns to `types`, refusing what would lose something, such as 0.7 as an integer."""
    for name, wanted in types.items():
        old = frame[name]
        try:
            new = old.cast(wanted)
        except pl.exceptions.PolarsError as error:
            reason = str(error).splitlines()[0]
            raise MelError(f"{where}: column {name!r} has the wrong type ({reason})") from error
        if old.dtype.is_float() and new.dtype.is_integer():
            broken = old.filter((old != old.floor()).fill_null(False))
            if broken.len():
                raise MelError(f"{where}: {name} holds {broken[0]}; it must be a whole number")
        frame = frame.with_columns(new)
    return frame


def require_unique(frame: pl.DataFrame, where: str, by: str = "image_id") -> None:
    """Refuse a frame in which an id is missing, stands twice or holds a control character."""
    if missing := (frame[by].cast(pl.String).fill_null("") == "").sum():
        raise MelError(f"{where}: {many(int(missing), 'row')} without {by}; give each row its own")
    _refuse_control(frame, by, where)
    twice = frame.filter(pl.col(by).is_duplicated())
    if twice.height:
        first = twice[by].sort()[0]
        raise MelError(
            f"{where}: {by} {first!r} stands {twice.filter(pl.col(by) == first).height} times "
            f"({many(twice[by].n_unique(), 'such id')}); keep one row of each"
        )


def as_text(column: pl.Series, where: str) -> pl.Series:
    """Give a column as text without blanks around it; refuse one of lists, dates or the like."""
    try:
        return column.cast(pl.String).str.strip_chars()
    except pl.exceptions.PolarsError as error:
        raise MelError(
            f"{where}: {column.name} holds {column.dtype}, which are neither ids nor folds; name "
            "the columns by their options (--help)"
        ) from error


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


def _refuse_control(frame: pl.DataFrame, column: str, where: str) -> None:
    bad = frame.filter(pl.col(column).cast(pl.String).str.contains(_CONTROL))
    if bad.height:
        raise MelError(
            f"{where}: {column} {bad[column][0]!r} holds a control character "
            f"({many(bad.height, 'row')}); remove it"
        )


def check_images(frame: pl.DataFrame, where: str) -> None:
    """Refuse a frame whose values could mislead; `mel.tables.ImageTable.of` says which."""
    for column in _VOCABULARIES:
        _check_vocabulary(frame, column, where)
    for column in AXES.values():
        if column in frame.columns:
            _refuse_control(frame, column, where)
    _check_filled(frame, where)
    _check_targets(frame, where)
    _check_ages(frame, where)
    _check_sides(frame, where)


def _check_vocabulary(frame: pl.DataFrame, column: str, where: str) -> None:
    known = _VOCABULARIES[column]
    bad = frame.filter(pl.col(column).is_not_null() & ~pl.col(column).is_in(known))
    if bad.height:
        value = bad[column][0]
        raise MelError(
            f"{where}: unknown {column} {value!r} (image {bad['image_id'][0]}, "
            f"{many(bad.height, 'row')}); {near(value, known)} (or leave it empty)"
        )


def _check_filled(frame: pl.DataFrame, where: str) -> None:
    for column in ("patient_id", "split", "path", "source"):
        if column == "path" and frame[column].null_count() == frame.height:
            continue  # tables alone, without pictures
        blank = pl.col(column).fill_null("").str.strip_chars() == ""
        bare = frame.filter(is_missing(column) if column == "patient_id" else blank)
        if bare.height:
            way = ", or load with missing_patient = 'own'" if column == "patient_id" else ""
            raise MelError(
                f"{where}: {many(bare.height, 'row')} without {column} (first: image "
                f"{bare['image_id'][0]}); fill it in{way}"
            )


def _check_targets(frame: pl.DataFrame, where: str) -> None:
    tested = pl.col("split") == "test"
    bad = frame.filter(~tested & ~pl.col("target").is_in([0, 1]).fill_null(False))
    if bad.height:
        raise MelError(
            f"{where}: target {bad['target'][0]} of {bad['split'][0]} image {bad['image_id'][0]} "
            f"({many(bad.height, 'row')}); it must be 0 or 1"
        )
    bad = frame.filter(tested & pl.col("target").is_not_null())
    if bad.height:
        raise MelError(
            f"{where}: test image {bad['image_id'][0]} has a target ({many(bad.height, 'row')}); "
            "labels of test images live in solution.parquet, where nothing can learn from them"
        )


def _check_ages(frame: pl.DataFrame, where: str) -> None:
    bad = frame.filter(~pl.col("age").is_between(0, OLDEST_AGE) | pl.col("age").is_nan())
    if bad.height:
        raise MelError(
            f"{where}: age {bad['age'][0]} of image {bad['image_id'][0]} "
            f"({many(bad.height, 'row')}); give years from 0 to {OLDEST_AGE:g}, or leave it empty"
        )


def _check_sides(frame: pl.DataFrame, where: str) -> None:
    train, test = (set(frame.filter(split=side)["patient_id"]) for side in ("train", "test"))
    shared = train & test
    if shared:
        raise MelError(
            f"{where}: patient {min(shared)!r} has images in train and in test "
            f"({many(len(shared), 'such patient')}); keep each patient on one side"
        )
