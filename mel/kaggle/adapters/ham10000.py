"""HAM10000: 10,015 images of 7,470 lesions, by melanoma against the rest.

In the data folder: HAM10000_metadata.csv, and the JPEGs in images, or in HAM10000_images_part_1
and HAM10000_images_part_2 as Kaggle's copy has them. (Tschandl et al., Scientific Data 5:180161,
2018; CC BY-NC 4.0.)

The target is 1 where dx is "mel", or where the diagnosis is one of `positive_diagnoses`. Who the
patients are is not known, so that patient_id is the lesion_id: several pictures of one lesion
stay together, several lesions of one person may not. It brings no test set: `test_fraction` of
the lesions are held out.
"""

from pathlib import Path

import polars as pl

from mel.config import SourceSettings
from mel.errors import MelError, many
from mel.kaggle.fields import translate
from mel.kaggle.reading import read_csv
from mel.kaggle.rows import Adapter, Layout, Naming, Rows, rows_of, with_target_of

__all__ = ["ADAPTER"]

_FILE = "HAM10000_metadata.csv"
_PLACES = ("images", "HAM10000_images_part_1", "HAM10000_images_part_2")
_COLUMNS = ("lesion_id", "image_id", "dx", "dx_type", "age", "sex", "localization")
_KINDS = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")
_LAYOUT = Layout((_FILE,), _PLACES, _PLACES, ("image_id", "target"))
_EITHER = ("actinic keratosis", "squamous cell carcinoma")  # akiec is one of them
_NAMING = Naming("image_id", "lesion_id", "sex", "age", "localization", "lesion_id", "dx")


def _train(settings: SourceSettings, data: Path) -> Rows:
    """Read and check the metadata, with the extras lesion_id and diagnosis.

    The diagnosis of dx "akiec" is null, see `mel.kaggle.vocabulary`. Raises MelError for every
    fault of the table, and for a dx that is missing or unknown: the target depends on it.
    """
    where = data / _FILE
    raw = read_csv(where, _COLUMNS, unique="image_id")
    kind = translate(raw, "dx", {dx: dx for dx in _KINDS}, where, "image_id")
    if kind.null_count():
        first = raw.filter(kind.is_null())["image_id"][0]
        raise MelError(
            f"{where}: no dx for image {first} ({many(kind.null_count(), 'row')}); fill it in"
        )
    rows = rows_of(raw, _NAMING, where, settings.missing_patient)
    frame = rows.frame.with_columns(target=(kind == "mel").cast(pl.Int8))
    if positive := settings.positive_diagnoses:
        _refuse_either(positive)
        frame = with_target_of(frame, positive, where)
    return Rows(frame, rows.unmapped)


def _refuse_either(positive: list[str]) -> None:
    for word in set(positive) & set(_EITHER):
        raise MelError(
            f"data.positive_diagnoses: {word!r} cannot be told in ham10000, whose akiec is "
            f"{' or '.join(_EITHER)}; leave both out"
        )


ADAPTER = Adapter(lambda _: _LAYOUT, ("melanoma",), _train)
