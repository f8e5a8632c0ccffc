"""Settings held against the images and the machine, before anything is fitted."""

import polars as pl

from mel.checks import AXES, IMAGES
from mel.config import TabularSettings
from mel.errors import MelError, many, near
from mel.progress import say
from mel.tables import ImageTable
from mel.tabular.fitting import require_optuna

__all__ = ["check_settings"]

_OURS = {*IMAGES, *AXES.values(), "diagnosis"}
_WARNING = (
    "tabular: WARNING: {} may tell the clinic's camera and not the skin: image size alone gives an "
    "AUC of 0.78 on SIIM-ISIC 2020, and is worth nothing on pictures from elsewhere"
)


def check_settings(settings: TabularSettings, table: ImageTable) -> None:
    """Refuse what a stack of these images would refuse; warn of shortcuts, which tell of the file.

    Gives nothing. Raises MelError for a search without optuna, and for a shortcut that is not
    there, tells of the patient or the target, or is missing in all train or in all test images: the
    stack would learn from what no image to be scored has.

    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> check_settings(TabularSettings(shortcuts=["file_bytes"]), table)  # fine, but warned of
    >>> check_settings(TabularSettings(shortcuts=["dpi"]), table)
    Traceback (most recent call last):
        ...
    mel.errors.MelError: tabular.shortcuts: the images have no column 'dpi'; known: file_bytes
    """
    if settings.search.trials:
        require_optuna()
    for name in settings.shortcuts:
        _check(name, table)
    if settings.shortcuts:
        say(_WARNING.format(", ".join(sorted(settings.shortcuts))))


def _check(name: str, table: ImageTable) -> None:
    others = [column for column in table.frame.columns if column not in _OURS]
    if name in _OURS:
        raise MelError(f"tabular.shortcuts: {name!r} is no property of a file; remove it")
    if name not in others:
        raise MelError(
            f"tabular.shortcuts: the images have no column {name!r}; {near(name, others)}"
        )
    for split, rows in (("train", table.train), ("test", table.test)):
        if rows.height and _missing(rows[name]):
            raise MelError(
                f"tabular.shortcuts: {name!r} is missing in all of the "
                f"{many(rows.height, f'{split} image')}; remove it"
            )


def _missing(column: pl.Series) -> bool:
    return column.null_count() == len(column)
