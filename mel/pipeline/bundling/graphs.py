"""The members' graphs: exported where they are not yet, and made smaller where that is asked."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mel import cnn, kaggle
from mel.errors import MelError
from mel.graphs import shrunk
from mel.pipeline.bundling.asking import Wanted
from mel.pipeline.bundling.gathering import Gathered
from mel.pipeline.stages.prepared import prepared_for

__all__ = ["MEAN", "Graphs", "chosen", "exported"]

Graphs = Mapping[str, Mapping[str, Mapping[int, bytes | Path]]]
MEAN = "mean"


def exported(gathered: Gathered, wanted: Wanted, folds: Sequence[int]) -> Graphs:
    """Give the files of graphs by member, fold and size; with the folds' mean where it is asked.

    Graphs that are missing, or not those of their checkpoints any more, are exported first, which
    alone needs TensorFlow. Raises what `mel.cnn.export` raises.
    """
    return {name: _of_member(gathered, wanted, name, folds) for name in gathered.members}


def _of_member(
    gathered: Gathered, wanted: Wanted, name: str, folds: Sequence[int]
) -> dict[str, dict[int, bytes | Path]]:
    settings = gathered.recipe.member(name)
    if wanted.average and settings.tta.average == "rank":
        raise MelError(
            f"{name}: ranks each fold's scores among its own held-out ones, which a mean of the "
            "folds' networks has none of; leave out --average"
        )
    table = gathered.table
    if settings.pictures == "prepared":
        table = kaggle.repath(table, prepared_for(settings, gathered.work))
    graphs = cnn.export(
        gathered.work.cnn(name), table, gathered.folds, only_folds=folds, average=wanted.average
    )
    found: dict[str, dict[int, bytes | Path]] = {}
    for graph in graphs:
        found.setdefault(graph.part, {})[graph.size] = graph.path
    return found


def chosen(graphs: Graphs, wanted: Wanted, folds: Sequence[int]) -> Graphs:
    """Give the graphs that the bundle shall hold, their weights as it shall keep them."""
    parts = [MEAN] if wanted.average else [str(fold) for fold in folds]
    return {
        name: {
            part: {size: _kept(graph, wanted) for size, graph in by_fold[part].items()}
            for part in parts
        }
        for name, by_fold in graphs.items()
    }


def _kept(graph: bytes | Path, wanted: Wanted) -> bytes | Path:
    if wanted.weights == "float32":
        return graph
    return shrunk(graph if isinstance(graph, bytes) else graph.read_bytes(), wanted.weights)
