"""Every backbone built and counted: writes benchmarks/results/backbones.md.

python benchmarks/backbones.py [PATTERN]

Each backbone of the registry is built without a head at its native size. Its parameters are counted
and compared with the registry's, which are the published ones. Its multiply-adds are counted from
the shapes in TensorFlow's graph for one picture: convolutions and matrix products only, as papers
do. With PATTERN, a regular expression, only what matches is counted, and nothing is written.
"""

import argparse
import math
import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

from mel.cnn.backbones import Backbone, backbones

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "benchmarks" / "results" / "backbones.md"
PACKAGES = ("mel", "keras", "keras-cv", "tensorflow")
PUBLISHED = {  # thousand millions of multiply-adds, as the papers named in the registry give them
    "efficientnetv1_b0": (0.39, "Tan and Le 2019, table 2"),
    "efficientnetv1_b3": (1.8, "Tan and Le 2019, table 2"),
    "efficientnetv1_b7": (37.0, "Tan and Le 2019, table 2"),
    "keras_efficientnet_b4": (4.2, "Tan and Le 2019, table 2"),
    "efficientnetv2_m": (24.0, "Tan and Le 2021, table 7"),
    "efficientnetlite_b0": (0.407, "TensorFlow's model page of Lite"),
    "efficientnetlite_b4": (2.64, "TensorFlow's model page of Lite"),
    "resnet18": (1.8, "He et al. 2015, table 1"),
    "resnet152": (11.3, "He et al. 2015, table 1"),
    "mobilenet_v3_small": (0.056, "Howard et al. 2019, table 3"),
    "mobilenet_v3_large": (0.219, "Howard et al. 2019, table 3"),
    "keras_convnext_tiny": (4.5, "Liu et al. 2022, table 1"),
    "keras_convnext_base": (15.4, "Liu et al. 2022, table 1"),
}


def main() -> None:
    """Build and count, then write the table and the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pattern", nargs="?", default="", help="only backbones that match")
    given = parser.parse_args()
    start = time.perf_counter()
    rows = [_counted(entry) for entry in backbones(given.pattern)]
    wrong = [name for name, entry, params, _, _ in rows if params != entry.params]
    if not given.pattern:
        RESULT.write_text(_report(rows, time.perf_counter() - start), encoding="utf-8")
    if wrong:
        sys.exit(f"not as published: {', '.join(wrong)}")


Row = tuple[str, Backbone, int, float, float]


def _counted(entry: Backbone) -> Row:
    import keras

    from mel.cnn.networks.body import make_body

    start = time.perf_counter()
    keras.backend.clear_session()
    body = make_body(entry, entry.native_size)
    params = body.count_params()
    gflops = _multiply_adds(body, entry.native_size) / 1e9
    seconds = time.perf_counter() - start
    print(f"{entry.name:<24} {params:>12,} {gflops:8.4f} {seconds:6.1f} s", flush=True)
    return entry.name, entry, params, gflops, seconds


def _multiply_adds(body: Any, size: int) -> int:
    """Count those of convolutions and matrix products in the graph of one picture."""
    import tensorflow as tf

    picture = tf.TensorSpec((1, size, size, 3), tf.float32)
    graph = tf.function(lambda pixels: body(pixels, training=False)).get_concrete_function(picture)
    return _of_graph(graph.graph)


def _of_graph(graph: Any) -> int:
    return sum(_of_operation(operation) for operation in graph.get_operations())


def _of_operation(operation: Any) -> int:
    if operation.type == "Conv2D":
        height, width, channels, _ = operation.inputs[1].shape
        return _size(operation.outputs[0]) * height * width * channels
    if operation.type == "DepthwiseConv2dNative":
        height, width, *_ = operation.inputs[1].shape
        return _size(operation.outputs[0]) * height * width
    if operation.type in ("MatMul", "BatchMatMulV2"):
        transposed = operation.get_attr("transpose_a" if operation.type == "MatMul" else "adj_x")
        return _size(operation.outputs[0]) * operation.inputs[0].shape[-2 if transposed else -1]
    if operation.type in ("PartitionedCall", "StatefulPartitionedCall"):
        called = operation.graph._get_function(operation.get_attr("f").name)  # no public way
        return _of_graph(called.graph)
    if operation.type in ("Einsum", "Conv3D", "While", "StatelessWhile"):
        raise ValueError(f"{operation.name}: {operation.type} is not counted here")
    return 0


def _size(tensor: Any) -> int:
    return math.prod(tensor.shape)


def _report(rows: list[Row], seconds: float) -> str:
    machine = f"{os.cpu_count()} {platform.machine()} cores, Python {platform.python_version()}"
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    same = sum(params == entry.params for _, entry, params, _, _ in rows)
    return (
        f"# Backbones: parameters and multiply-adds\n\n"
        f"- command: `python benchmarks/backbones.py`\n- machine: {machine}\n"
        f"- versions: {versions}\n- time: {seconds / 60:.1f} minutes\n\n"
        f"{len(rows)} backbones built without a head at their native size; {same} have exactly "
        "their published parameters. GFLOPs are thousand millions of multiply-adds of "
        "convolutions and matrix products for one picture of that size.\n\n"
        f"{_comparison(rows)}\n\n{_table(rows)}\n"
    )


def _comparison(rows: list[Row]) -> str:
    lines = ["| backbone | GFLOPs here | published | by |", "|---|---:|---:|---|"]
    for name, _, _, gflops, _ in rows:
        if name in PUBLISHED:
            value, source = PUBLISHED[name]
            lines.append(f"| {name} | {gflops:.3f} | {value:g} | {source} |")
    return "\n".join(lines)


def _table(rows: list[Row]) -> str:
    lines = [
        "| backbone | source | parameters | counted by | size | GFLOPs | seconds to build |",
        "|---|---|---:|---|---:|---:|---:|",
    ]
    for name, entry, params, gflops, spent in rows:
        lines.append(
            f"| {name} | {entry.source} | {params:,} | {entry.counted_by} | {entry.native_size} "
            f"| {gflops:.4g} | {spent:.1f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
