"""The members' graphs as `mel cnn export` left them beside their checkpoints."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mel.errors import MelError
from mel.files import digest_file, read_json, required
from mel.graphs import shrunk
from mel.pipeline.bundling.asking import Wanted
from mel.pipeline.bundling.gathering import Gathered

__all__ = ["Graphs", "exported", "lighter"]

Graphs = Mapping[str, Mapping[str, Mapping[int, bytes | Path]]]
_EXPORT = {"sizes": dict}


def exported(gathered: Gathered, folds: Sequence[int]) -> Graphs:
    """Give the files of graphs by member, fold and size."""
    return {
        name: {str(fold): _of_fold(gathered, name, fold) for fold in folds}
        for name in gathered.members
    }


def _of_fold(gathered: Gathered, name: str, fold: int) -> dict[int, bytes | Path]:
    place = gathered.work.cnn(name) / f"fold{fold}"
    said = required(read_json(place / "export.json"), _EXPORT, str(place / "export.json"))
    return {int(size): _file(place, one) for size, one in said["sizes"].items()}


def _file(place: Path, said: Any) -> Path:
    where = str(place / "export.json")
    found = required(said, {"file": str, "sha256": str}, where)
    path = place / str(found["file"])
    if digest_file(path) != found["sha256"]:
        raise MelError(f"{path}: is not the graph that was exported; export it again")
    return path


def lighter(graphs: Graphs, wanted: Wanted) -> Graphs:
    """Give the graphs as the bundle shall keep them: as they are, or their weights rounded."""
    if wanted.weights == "float32":
        return graphs
    kind = wanted.weights
    return {
        name: {
            fold: {size: shrunk(_bytes(graph), kind) for size, graph in sizes.items()}
            for fold, sizes in folds.items()
        }
        for name, folds in graphs.items()
    }


def _bytes(graph: bytes | Path) -> bytes:
    return graph if isinstance(graph, bytes) else graph.read_bytes()
