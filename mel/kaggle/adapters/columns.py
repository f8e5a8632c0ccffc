"""Any competition, by a map of its columns that the recipe gives as [data.columns].

```toml
[data]
adapter = "columns"
source = "derm7pt"                 # what the table calls it
test_fraction = 0.15               # where there is no test set

[data.columns]
train = "meta.csv"                 # and test, sample: files in the data folder
train_images = ["images"]          # folders, HDF5 or TFRecord files, the first choice first
image_id = "derm"                  # may end in .jpg, and name a folder: NEL/Nel026.jpg
patient_id = "case_num"            # without: missing_patient = "own", each image by itself
target = "diagnosis"
positive = ["melanoma", "melanoma (in situ)"]  # every word that means 1; without: 0 and 1
diagnosis = "diagnosis"
sex = "sex"
site = "location"
sites = { "buttocks" = "torso" }   # spellings that mel does not know; sexes, diagnoses likewise
```

What the map does not name is missing in every row, other columns of the files are not read.
"""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from mel.config import ColumnSettings, SourceSettings
from mel.errors import MelError, near
from mel.kaggle.fields import parse_target
from mel.kaggle.reading import read_csv
from mel.kaggle.rows import Adapter, Layout, Naming, Rows, rows_of
from mel.kaggle.vocabulary import WORDS

__all__ = ["ADAPTER"]

_MAPPED = ("patient_id", "lesion_id", "diagnosis", "sex", "age", "site")


def _layout(settings: SourceSettings) -> Layout:
    """Say where the files lie."""
    given = _given(settings)
    sample = given.sample or "sample_submission.csv"
    tables = [given.train, *([given.test] if given.test else []), sample]
    places = tuple(given.train_images) or (".",)
    return Layout(
        tuple(tables),
        places,
        tuple(given.test_images) or places,
        (given.image_id, given.target),
        any_header=True,
        sample=sample,
        needs_sample=given.sample is not None,
        nested=True,
    )


def _given(settings: SourceSettings) -> ColumnSettings:
    if settings.columns is None:
        raise MelError("data.columns: adapter 'columns' needs a map of its columns")
    return settings.columns


def _train(settings: SourceSettings, data: Path) -> Rows:
    """Read and check the train table, with lesion_id and diagnosis where they are mapped.

    Raises MelError for every fault of the table, for a spelling whose word is not mel's, and
    where no column says who the patients are, unless missing_patient is "own".
    """
    given = _given(settings)
    where = data / given.train
    raw = _read(where, given, [given.target, *_named(given, _MAPPED)])
    rows = _rows(raw, settings, given, where, _MAPPED)
    target = parse_target(raw, given.target, where, given.image_id, given.positive)
    return Rows(rows.frame.with_columns(target.alias("target")), rows.unmapped)


def _test(settings: SourceSettings, data: Path) -> Rows | None:
    """Read and check the test table, which needs no lesions and diagnoses; None without one."""
    given = _given(settings)
    if given.test is None:
        return None
    where = data / given.test
    names = ("patient_id", "sex", "age", "site")
    return _rows(_read(where, given, _named(given, names)), settings, given, where, names)


def _named(given: ColumnSettings, names: Iterable[str]) -> list[str]:
    return [column for column in (getattr(given, name) for name in names) if column]


def _read(where: Path, given: ColumnSettings, columns: list[str]) -> pl.DataFrame:
    needed = list(dict.fromkeys([given.image_id, *columns]))
    return read_csv(where, needed, unique=given.image_id, ignore=".*")


def _rows(
    raw: pl.DataFrame,
    settings: SourceSettings,
    given: ColumnSettings,
    where: Path,
    names: Iterable[str],
) -> Rows:
    further = {"sex": given.sexes, "site": given.sites, "diagnosis": given.diagnoses}
    for name, spellings in further.items():
        for text, word in spellings.items():
            if word not in WORDS[name]:
                raise MelError(
                    f"data.columns: {text!r} cannot be the {name} {word!r}; "
                    f"{near(word, WORDS[name])}"
                )
    naming = Naming(given.image_id, **{name: getattr(given, name) for name in names})
    return rows_of(raw, naming, where, settings.missing_patient, further)


ADAPTER = Adapter(_layout, (), _train, _test)
