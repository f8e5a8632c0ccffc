"""What an adapter gives: rows in mel's columns, and where the files of a competition lie."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from mel.config import SourceSettings
from mel.errors import MelError, many, near
from mel.kaggle.fields import fill_patients, known_ids, parse_age
from mel.kaggle.vocabulary import DIAGNOSES, harmonise

__all__ = ["Adapter", "Layout", "Naming", "Rows", "rows_of", "with_target_of"]


@dataclass(frozen=True)
class Layout:
    """Where the files of one competition lie, relative to its folder.

    tables: every file that may be read, for the digest. train and test: where the images of each
    may lie, the first choice first; a place is a folder, an HDF5 file or a TFRecord file. sample:
    the sample submission, which may be absent unless `needs_sample`; header: its two columns, or,
    where any_header is true, those of one that has to be made. duplicates: published lists of
    copies, which may be absent. nested: whether an id may name a folder, as `FOLDER/NAME`.
    """

    tables: tuple[str, ...]
    train: tuple[str, ...]
    test: tuple[str, ...]
    header: tuple[str, str]
    any_header: bool = False
    sample: str = "sample_submission.csv"
    needs_sample: bool = False
    duplicates: tuple[str, ...] = ()
    nested: bool = False


@dataclass(frozen=True)
class Naming:
    """Which column of a file holds what; None where there is none."""

    image_id: str
    patient_id: str | None = None
    sex: str | None = None
    age: str | None = None
    site: str | None = None
    lesion_id: str | None = None
    diagnosis: str | None = None


@dataclass(frozen=True)
class Rows:
    """Rows of one table in mel's columns (without split, path and source), and what was lost.

    frame: image_id, patient_id, sex, age and site, target where it is known, then extras.
    unmapped: column, value and rows of the words that the vocabulary does not have.
    """

    frame: pl.DataFrame
    unmapped: pl.DataFrame


@dataclass(frozen=True)
class Adapter:
    """How one competition's files are read, given their settings and their folder.

    layout: says where they lie. train: reads and checks the images that have a target, with it.
    test: the competition's own test images; it, or what it gives, is None where there are none.
    solution: image_id and target of the test images whose ids are given, where they are known.
    meaning: what a target of 1 says, in mel's diagnoses where it can; empty where unknown.
    """

    layout: Callable[[SourceSettings], Layout]
    meaning: tuple[str, ...]
    train: Callable[[SourceSettings, Path], Rows]
    test: Callable[[SourceSettings, Path], Rows | None] | None = None
    solution: Callable[[SourceSettings, Path, pl.Series], pl.DataFrame | None] | None = None


def rows_of(
    raw: pl.DataFrame,
    naming: Naming,
    where: Path,
    missing: Literal["refuse", "own"],
    further: Mapping[str, Mapping[str, str]] | None = None,
) -> Rows:
    """Give a table's rows in mel's columns and words; a column it does not name is null.

    `where` is its file, for messages; `missing` says what a missing patient means; `further` adds
    spellings, see `mel.kaggle.vocabulary.harmonise`. Raises MelError for an impossible age, and
    for a missing patient that is to be refused.
    """
    by = naming.image_id
    columns = {name: getattr(naming, name) for name in ("sex", "site", "diagnosis")}
    words, unmapped = harmonise(raw, {k: v for k, v in columns.items() if v}, further)
    nothing = pl.Series([None] * raw.height, dtype=pl.String)
    frame = pl.DataFrame(
        {
            "image_id": raw[by],
            "patient_id": _patients(raw, naming, where, missing),
            "sex": words["sex"] if naming.sex else nothing,
            "age": parse_age(raw, naming.age, where, by) if naming.age else nothing,
            "site": words["site"] if naming.site else nothing,
        },
        schema_overrides={"age": pl.Float64},
    )
    if naming.lesion_id:
        frame = frame.with_columns(known_ids(raw, naming.lesion_id).alias("lesion_id"))
    if naming.diagnosis:
        frame = frame.with_columns(words["diagnosis"])
    return Rows(frame, unmapped)


def _patients(
    raw: pl.DataFrame, naming: Naming, where: Path, missing: Literal["refuse", "own"]
) -> pl.Series:
    if naming.patient_id is not None:
        return fill_patients(raw, naming.patient_id, missing, where, naming.image_id)
    if missing == "refuse":
        raise MelError(
            f"{where}: no column says who the patients are, and images of one patient in two "
            "folds leak; name it, or load with missing_patient = 'own'"
        )
    blank = raw.with_columns(patient_id=pl.lit(None, pl.String))
    return fill_patients(blank, "patient_id", "own", where, naming.image_id)


def with_target_of(frame: pl.DataFrame, positive: Sequence[str], where: Path) -> pl.DataFrame:
    """Give a frame with the target 1 where the diagnosis is in `positive`, otherwise 0.

    The frame has a target already: an image without diagnosis keeps its 0. Raises MelError for a
    word that is no diagnosis, and for an image without diagnosis whose target is 1.
    """
    for word in positive:
        if word not in DIAGNOSES:
            raise MelError(
                f"data.positive_diagnoses: no diagnosis {word!r}; {near(word, DIAGNOSES)}"
            )
    unsure = frame.filter(pl.col("diagnosis").is_null() & (pl.col("target") == 1))
    if unsure.height:
        raise MelError(
            f"{where}: image {unsure['image_id'][0]} has target 1 and no diagnosis of the "
            f"vocabulary ({many(unsure.height, 'row')}); remove data.positive_diagnoses"
        )
    chosen = pl.col("diagnosis").is_in(positive).fill_null(False)
    return frame.with_columns(target=chosen.cast(pl.Int8))
