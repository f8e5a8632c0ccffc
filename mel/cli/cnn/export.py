"""`mel cnn export`."""

from typing import TYPE_CHECKING, Annotated

import typer

from mel.cli import options
from mel.cli.page import Page, plain

if TYPE_CHECKING:
    from mel.cnn import Exported

__all__ = ["export"]

_GRAPHS = (
    "graphs [member, part, size, path, bytes, verified {engine, images, logit, probability, "
    "map}, bfloat16 {images, largest, mean, auc, auc_change}, kept]"
)
_Average = Annotated[
    bool, typer.Option("--average", help="Besides, one network of the mean of their weights.")
]
_Json = Annotated[bool, options.as_json(_GRAPHS)]


@options.example(
    "mel cnn export --work work --member efficientnetv2_b0-256",
    reads="WORK/cnn/MEMBER/ and held-out pictures.",
    writes="WORK/cnn/MEMBER/foldK/: graph-SIZE.onnx and its comparison.",
)
def export(
    work: options.WorkDir,
    member: options.Members = None,
    fold: options.OnlyFolds = None,
    average: _Average = False,
    json: _Json = False,
) -> None:
    """Write trained folds as ONNX graphs, each compared with Keras on held-out images.

    A graph needs no TensorFlow to be run: it is what a bundle is made of. Differences are the
    largest of a probability: from Keras in float32, and what bfloat16 changes, with the fold's AUC.
    """
    from mel import pipeline

    columns = ("member", "fold", "size", "MB", "from Keras", "by bfloat16", "AUC")
    with Page(json) as page:
        made = pipeline.cnn_export(work, member or (), fold, average=average)
        pairs = [(name, one) for name, graphs in made.items() for one in graphs]
        page.put(graphs=[{"member": name} | plain(one) for name, one in pairs])
        page.table(columns, [(name, *_graph(one)) for name, one in pairs])


def _graph(one: "Exported") -> tuple[object, ...]:
    """Give what a table shows of a graph."""
    low, unknown = one.bfloat16, "not measured here"
    rounded = unknown if low is None else f"{low['largest']:.1e}"
    auc = "" if low is None or low["auc"] is None else f"{low['auc']:.4f} {low['auc_change']:+.4f}"
    gap = f"{one.verified['probability']:.1e}"
    return one.part, one.size, f"{one.bytes / 1e6:.1f}", gap, rounded, auc
