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

    Raises MelError for a search without optuna, and for a shortcut that is not there, tells of the
    patient or the target, or is missing in all train or in all test images: the stack would learn
    from what no image to be scored has.

    >>> images = pl.DataFrame(
    ...     {
    ...         "image_id": [f"i{n:02d}" for n in range(2)],
    ...         "patient_id": [f"p{n // 2:02d}" for n in range(2)],
    ...         "age": [20.0 + n for n in range(2)],
    ...         "target": [n % 2 for n in range(2)],
    ...         "split": "train",
    ...         "path": "somewhere.jpg",
    ...         "source": "example",
    ...         "sex": None,
    ...         "site": None,
    ...         "dpi": None,
    ...     }
    ... )
    >>> check_settings(TabularSettings(shortcuts=["dpi"]), ImageTable.of(images, "example"))
    Traceback (most recent call last):
        ...
    mel.errors.MelError: tabular.shortcuts: 'dpi' is missing in all of the 2 train images; remove it
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
