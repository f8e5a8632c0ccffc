"""export.json beside a checkpoint: its graphs, what they were made from, how true they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mel.errors import MelError
from mel.files import digest_file, read_json, required, versions, write_json

__all__ = ["EXPORT", "MEAN", "Exported", "graph_file", "is_current", "read_export", "write_export"]

EXPORT = "export.json"
MEAN = "mean"  # the folder of the network whose weights are the mean of all folds'
_SCHEMA = 1
_PACKAGES = ("onnx", "tf2onnx", "openvino")
_GRAPH = {"file": str, "sha256": str, "bytes": int, "verified": dict}


@dataclass(frozen=True)
class Exported:
    """One graph: of which fold ("mean" for the mean network), at which size, and how true it is.

    `size` is the side of its pictures in pixels, `bytes` those of the file at `path`. `verified`
    has the engine, the images, and the largest difference from Keras of a logit, a probability and
    a place of the map, in float32; `bfloat16` what computing in it changes, None where it was not
    measured; `kept` the largest difference from the out-of-fold scores that were kept at training,
    None where those are a mean over several views.

    >>> from mel.cnn.exporting import read_export
    >>> (graph,) = read_export(Path("work/demo/cnn/efficientnetv2_micro-32/fold0"))
    >>> graph.part, graph.size, graph.path.name, graph.verified["images"]
    ('0', 32, 'graph-32.onnx', 40)
    """

    part: str
    size: int
    path: Path
    bytes: int
    verified: Mapping[str, Any]
    bfloat16: Mapping[str, Any] | None
    kept: float | None


def graph_file(size: int) -> str:
    """Name the file of the graph for pictures of a size.

    >>> graph_file(128)
    'graph-128.onnx'
    """
    return f"graph-{size}.onnx"


def write_export(place: Path, made_from: Mapping[str, Any], sizes: Mapping[int, Any]) -> None:
    """Write export.json, when all graphs are there: it is what says that they are whole."""
    more = {}
    for package in _PACKAGES:
        try:
            more[package] = version(package)
        except PackageNotFoundError:
            continue
    said = {"kind": "export", "schema": _SCHEMA, "made_from": dict(made_from)}
    by_size = {str(size): graph for size, graph in sizes.items()}
    write_json(place / EXPORT, said | {"sizes": by_size, "versions": versions() | more})


def is_current(place: Path, made_from: Mapping[str, Any]) -> bool:
    """Say whether graphs were made from just this, and are as they were made.

    An export.json that cannot be read marks nothing: the graphs are made again.
    """
    try:
        said = _read(place)
        return bool(said["made_from"] == dict(made_from)) and all(
            digest_file(place / graph["file"]) == graph["sha256"]
            for graph in said["sizes"].values()
        )
    except (MelError, OSError):
        return False


def read_export(place: Path) -> list[Exported]:
    """Read what was exported to the folder of a fold, by size.

    Raises MelError for an export.json that is missing, broken or of another schema.
    """
    return [
        Exported(
            place.name.removeprefix("fold"),
            int(size),
            place / graph["file"],
            graph["bytes"],
            graph["verified"],
            graph.get("bfloat16"),
            graph.get("kept"),
        )
        for size, graph in _read(place)["sizes"].items()
    ]


def _read(place: Path) -> dict[str, Any]:
    path = place / EXPORT
    needed = {"schema": int, "made_from": dict, "sizes": dict}
    said = required(read_json(path), needed, str(path))
    if said["schema"] != _SCHEMA:
        raise MelError(f"{path}: is of schema {said['schema']}, this mel reads {_SCHEMA}")
    for graph in said["sizes"].values():
        required(graph, _GRAPH, str(path))
    return said
