"""The ways in which serve.py has images scored, each in a process of its own: mel and Keras.

python benchmarks/serving_ways.py mel|first|keras|limit --work DIR --list FILE --precision bfloat16
"""

import argparse
import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

__all__ = ["members"]

_BATCH = 32  # of a notebook
_SIDE, _TIMES = 2048, 20  # of the matrices whose product shows what the processor can do
Logits = dict[str, Any]


def main() -> None:
    """Do one of them, and print what came of it as a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", choices=("mel", "first", "keras", "limit"))
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--list", default="", help="name of a list in --work, without suffix")
    parser.add_argument("--precision", default="float32")
    given = parser.parse_args()
    {"mel": _mel, "first": _first, "keras": _keras, "limit": _limit}[given.way](given)


def members(work: Path) -> list[str]:
    """Name the networks whose weights are in a folder."""
    return sorted(path.name.removesuffix(".weights.h5") for path in work.glob("*.weights.h5"))


def _mel(given: argparse.Namespace) -> None:
    """Score all images as `mel submit score` does."""
    from mel.submit.batch import score

    out = given.work / f"{given.list}-{given.precision}.parquet"
    images = pl.read_csv(given.work / f"{given.list}.csv").drop("target")
    found = score(given.work / "ensemble.mel", images, out, precision=given.precision)
    print(json.dumps({"speed": found.speed, "peak": _peak()}))


def _first(given: argparse.Namespace) -> None:
    """Score one image, from a process that has just begun."""
    from mel.submit.scoring import Scorer

    scorer = Scorer.open(given.work / "ensemble.mel", precision=given.precision)
    image = pl.read_csv(given.work / f"{given.list}.csv", n_rows=1)
    judged = scorer.judge(image, scorer.look(image))
    heavy = {"tensorflow", "keras", "jax", "torch"} & set(sys.modules)
    print(json.dumps({"first": judged.frame["probability"][0], "peak": _peak(), "heavy": [*heavy]}))


def _keras(given: argparse.Namespace) -> None:
    """Answer each line of standard input, `way list`: the rate and the scores of its images."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    from serving import network

    from mel.config import MemberSettings

    models = {}
    for name in members(given.work):
        backbone, _, size = name.rpartition("-")
        settings = MemberSettings(backbone=backbone, size=int(size))
        models[int(size), name] = network(settings, given.work / f"{name}.weights.h5")
    if given.list:
        warm = pl.read_csv(given.work / f"{given.list}.csv")["path"].to_list()
        for warming in (_predict, _on_batch):
            warming(models, warm[: 2 * _BATCH])  # graphs are traced
    ways = {"predict": _predict, "on_batch": _on_batch, "exact": _exact}
    for line in sys.stdin:
        way, name = line.split()
        paths = pl.read_csv(given.work / f"{name}.csv")["path"].to_list()
        start = time.monotonic()
        logits = ways[way](models, paths)
        seconds = time.monotonic() - start
        scores = {name: (1 / (1 + np.exp(-said))).tolist() for name, said in logits.items()}
        print(json.dumps({"speed": len(paths) / seconds, "scores": scores}), flush=True)


def _dataset(paths: list[str], size: int) -> Any:
    """Read pictures as a notebook does: decoded, cut to the middle square and resized, ahead."""
    import tensorflow as tf

    def read(path: Any) -> Any:
        image = tf.io.decode_jpeg(tf.io.read_file(path), channels=3)
        side = tf.reduce_min(tf.shape(image)[:2])
        image = tf.image.resize_with_crop_or_pad(image, side, side)
        return tf.image.resize(image, (size, size), antialias=True)

    found = tf.data.Dataset.from_tensor_slices(paths)
    found = found.map(read, num_parallel_calls=tf.data.AUTOTUNE)
    return found.batch(_BATCH).prefetch(tf.data.AUTOTUNE)


def _predict(models: dict[Any, Any], paths: list[str]) -> Logits:
    return {
        name: model.predict(_dataset(paths, size), verbose=0)[:, 0].astype(np.float64)
        for (size, name), model in models.items()
    }


def _on_batch(models: dict[Any, Any], paths: list[str]) -> Logits:
    """Give Keras what it is best at: a plain loop, pictures read ahead."""
    return {
        name: np.concatenate([model.predict_on_batch(part) for part in _dataset(paths, size)])[
            :, 0
        ].astype(np.float64)
        for (size, name), model in models.items()
    }


def _exact(models: dict[Any, Any], paths: list[str]) -> Logits:
    """Score the pixels that mel has: what training would say."""
    from mel.images import decode

    found = {}
    for (size, name), model in models.items():
        parts = [paths[i : i + _BATCH] for i in range(0, len(paths), _BATCH)]
        logits = [
            model.predict_on_batch(np.stack([decode(p, size) for p in part])) for part in parts
        ]
        found[name] = np.concatenate(logits)[:, 0].astype(np.float64)
    return found


def _limit(given: argparse.Namespace) -> None:
    """Say how many images a second the networks' multiplications alone would allow.

    They would all have to go as quickly as those of a large matrix product do.
    """
    from mel.bundles import Bundle
    from mel.graphs import HINTS, openvino

    bundle = Bundle.open(given.work / "ensemble.mel")
    wanted = 0
    for name in members(given.work):
        size = name.rpartition("-")[2]
        wanted += _products(bundle.read(f"members/{name}/fold0/graph-{size}.onnx"), int(size))
    library = openvino()
    shape, draw = (_SIDE, _SIDE), np.random.default_rng(0)
    left = library.op.Parameter(library.Type.f32, library.Shape(shape))
    right = library.op.Constant(draw.random(shape, dtype=np.float32))
    product = library.opset13.matmul(left, right, False, False)
    settings = {"INFERENCE_PRECISION_HINT": HINTS[given.precision]}
    compiled = library.Core().compile_model(library.Model([product], [left], "m"), "CPU", settings)
    request, rows, taken = compiled.create_infer_request(), draw.random(shape, np.float32), []
    for _ in range(_TIMES):
        start = time.perf_counter()
        request.infer({0: rows}, share_inputs=True)
        taken.append(time.perf_counter() - start)
    print(json.dumps({"speed": _SIDE**3 / min(taken) / wanted}))


def _products(graph: bytes, size: int) -> int:
    """Count the multiplications that a network needs for a picture."""
    from mel.graphs import openvino

    model = openvino().Core().read_model(graph, b"")
    model.reshape({"pixels": [1, size, size, 3]})
    total = 0
    for operation in model.get_ordered_ops():
        if operation.get_type_name() in ("Convolution", "GroupConvolution"):
            inputs_and_window = list(operation.input(1).get_shape())[-3:]
            total += math.prod([*operation.output(0).get_shape(), *inputs_and_window])
    return total


def _peak() -> float:
    """Give the most memory this process ever had, in MB."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    main()
