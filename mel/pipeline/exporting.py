"""A work folder's trained members as graphs that are run without TensorFlow."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from mel import cnn, kaggle
from mel.cnn import Exported
from mel.config import MemberSettings
from mel.errors import MelError
from mel.pipeline.folder import AnyPath, Work
from mel.pipeline.predicting import trained_members
from mel.pipeline.stages.prepared import prepared_for
from mel.tables import ImageTable

__all__ = ["cnn_export"]


def cnn_export(
    work: AnyPath,
    members: Sequence[str] = (),
    folds: Sequence[int] | None = None,
    *,
    average: bool = False,
) -> dict[str, list[Exported]]:
    """Export members of a work folder, by default all that are trained; see `mel.cnn.export`.

    `folds` are the numbers of those to export, None for all; with `average`, the mean network of
    these. Gives the graphs of each member, by its name: part (a fold's number as text, or "mean"),
    size (pixels of a side), path and bytes. What is exported already is not exported again. Raises
    MelError for an unknown member, a folder that is none, and what `mel.cnn.export` raises.

    >>> graphs = cnn_export("work/demo")
    >>> [(one.part, one.size) for one in graphs["efficientnetv2_micro-32"]]
    [('0', 32), ('1', 32)]
    """
    place = Work(Path(work))
    names = trained_members(place, members)
    with place.locked(shared=True):
        table, parted = place.loaded(), place.parted()
        return {
            name: cnn.export(
                place.cnn(name),
                _pictured(table, cnn.read_recipe(place.cnn(name)).settings, place),
                parted,
                only_folds=folds,
                average=average,
            )
            for name in names
        }


def _pictured(table: ImageTable, settings: MemberSettings, work: Work) -> ImageTable:
    """Give the pictures the member was trained on, or originals where the prepared are gone."""
    if settings.pictures == "prepared":
        with suppress(MelError):
            return kaggle.repath(table, prepared_for(settings, work))
    return table
