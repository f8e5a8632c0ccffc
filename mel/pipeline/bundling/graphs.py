"""The members' graphs: exported where they are not yet, and made smaller where that is asked."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mel.errors import MelError
from mel.graphs import shrunk
from mel.pipeline.bundling.asking import Wanted
from mel.pipeline.bundling.gathering import Gathered
from mel.pipeline.exporting import cnn_export

__all__ = ["MEAN", "Graphs", "chosen", "exported"]

Graphs = Mapping[str, Mapping[str, Mapping[int, bytes | Path]]]
MEAN = "mean"


def exported(gathered: Gathered, wanted: Wanted, folds: Sequence[int]) -> Graphs:
    """Give the files of graphs by member, fold and size; with the folds' mean where it is asked.

    Graphs that are missing, or not those of their checkpoints any more, are exported first, which
    alone needs TensorFlow. Raises what `mel.cnn.export` raises.
    """
    for name in gathered.members:
        if wanted.average and gathered.recipe.member(name).tta.average == "rank":
            raise MelError(
                f"{name}: ranks each fold's scores among its own held-out ones, which a mean of "
                "the folds' networks has none of; leave out --average"
            )
    made = cnn_export(gathered.work.root, gathered.members, folds, average=wanted.average)
    found: dict[str, dict[str, dict[int, bytes | Path]]] = {name: {} for name in made}
    for name, graphs in made.items():
        for graph in graphs:
            found[name].setdefault(graph.part, {})[graph.size] = graph.path
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
