"""What is to be scored: a table, a frame, a file that lists images, or a folder of them."""

from collections.abc import Callable
from pathlib import Path

import polars as pl

from mel.checks import OLDEST_AGE, SEXES, SITES, cast_columns, require_columns, require_unique
from mel.errors import MelError, many, near
from mel.files import read_csv, read_header
from mel.progress import say
from mel.tables import ImageTable

__all__ = ["KNOWN", "SUFFIXES", "AnyImages", "listing", "table_in"]

AnyImages = Path | str | ImageTable | pl.DataFrame

KNOWN = {"age": pl.Float64, "sex": pl.String, "site": pl.String}
SUFFIXES = (".jpg", ".jpeg", ".png", ".dcm")
_WORDS = {"sex": SEXES, "site": SITES}


def table_in(images: AnyImages) -> AnyImages:
    """Read a file that holds an ImageTable, as it stands in a work folder; give others back."""
    if isinstance(images, ImageTable | pl.DataFrame) or not Path(images).is_file():
        return images
    try:
        read_header(Path(images), "images")
    except MelError:
        return images
    return ImageTable.read(images)


def listing(images: AnyImages, *, metadata: bool) -> pl.DataFrame:
    """Give image_id and path of what is to be scored, sorted by image_id; with age, sex and site.

    `images` is an ImageTable, a frame with image_id and path, a Parquet or CSV file of these (a
    path is taken from the file's own folder on), or a folder of .jpg, .jpeg, .png and .dcm files,
    whose ids are their names without suffix; hidden ones are left aside. With `metadata`, a table
    or list must have the columns age, sex and site, in which values may be missing; for a folder
    all are, which is said.

    Raises MelError for what is not there, a missing column, ids that are missing or stand twice,
    a missing path, and a word or an age that is none.
    """
    if isinstance(images, ImageTable):
        frame, where = images.frame, images.name
    elif isinstance(images, pl.DataFrame):
        frame, where = images, "images"
    else:
        frame, where = _read(Path(images), metadata=metadata), str(images)
    require_columns(frame, ("image_id", "path", *(KNOWN if metadata else ())), where)
    wanted = {"image_id": pl.String, "path": pl.String} | (KNOWN if metadata else {})
    frame = cast_columns(frame.select(*wanted), wanted, where)
    require_unique(frame, where)
    _check(frame, where)
    return frame.sort("image_id")


def _read(place: Path, *, metadata: bool) -> pl.DataFrame:
    if place.is_dir():
        if metadata:
            say(f"{place}: a folder has no age, sex and site; scored with all three missing")
        blank = {name: pl.lit(None, kind) for name, kind in KNOWN.items()}
        return _folder(place).with_columns(**blank)
    if not place.is_file():
        raise MelError(f"{place}: no such folder of images and no such list; correct the path")
    frame = read_csv(place) if place.suffix == ".csv" else _parquet(place)
    if "path" not in frame.columns or frame.schema["path"] != pl.String:
        return frame
    return frame.with_columns(pl.col("path").map_elements(_from(place.parent), pl.String))


def _from(folder: Path) -> Callable[[str], str]:
    return lambda path: str(folder / path)  # an absolute path stays as it is


def _parquet(place: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(place, glob=False, hive_partitioning=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise MelError(
            f"{place}: is no readable Parquet ({reason}); give a .csv or .parquet file with the "
            "columns image_id and path, or a folder"
        ) from error


def _folder(folder: Path) -> pl.DataFrame:
    named = (path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    files = sorted(path for path in named if path.is_file() and not path.name.startswith("."))
    if not files:
        raise MelError(f"{folder}: holds no image; looked for {', '.join(SUFFIXES)}")
    by_id: dict[str, Path] = {}
    for path in files:
        if (other := by_id.setdefault(path.stem, path)) is not path:
            raise MelError(f"{path}: has the id of {other.name}; keep one file an id")
    return pl.DataFrame({"image_id": list(by_id), "path": [str(p) for p in by_id.values()]})


def _check(frame: pl.DataFrame, where: str) -> None:
    if not frame.height:
        raise MelError(f"{where}: holds no image; give at least one")
    bare = frame.filter(pl.col("path").fill_null("") == "")
    if bare.height:
        first = bare["image_id"][0]
        raise MelError(f"{where}: {many(bare.height, 'row')} without path (first: {first})")
    for column, words in _WORDS.items():
        if column in frame.columns:
            odd = frame.filter(pl.col(column).is_not_null() & ~pl.col(column).is_in(words))
            for word in odd[column][:1]:
                raise MelError(f"{where}: unknown {column} {word!r}; {near(word, words)}")
    if "age" in frame.columns:
        odd = frame.filter(~pl.col("age").is_between(0, OLDEST_AGE) | pl.col("age").is_nan())
        for age in odd["age"][:1]:
            raise MelError(f"{where}: age {age}; give years from 0 to {OLDEST_AGE:g}")
