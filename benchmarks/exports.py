"""Every kind of network as a graph, compared with Keras: writes benchmarks/results/exports.md.

python benchmarks/exports.py [PATTERN] [--all] [--time]

The smallest backbone of each family of the registry, or with --all every one, is built at the least
side that is a multiple of 32 and that it takes, with weights drawn at random. It is converted with
its read-out and its map, and both are compared with Keras on pictures of noise, in float32 by
OpenVINO; bfloat16 where the processor has it. --time exports five folds of EfficientNetV2-B0 at 128
pixels besides, with drawn weights, and measures each step. With PATTERN, a regular expression, only
what matches is exported, and nothing is written.
"""

import argparse
import gc
import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

import numpy as np

from mel.cnn.backbones import Backbone, backbones
from mel.cnn.devices import choose
from mel.cnn.exporting import change, compared
from mel.cnn.exporting.comparing import MOST, Found
from mel.cnn.jobs.export import HARDWARE, Desk
from mel.cnn.jobs.scorers import Scorer
from mel.cnn.labels import Labels
from mel.config import MemberSettings
from mel.errors import MelError
from mel.graphs import native_precision, opened

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "benchmarks" / "results" / "exports.md"
PACKAGES = ("mel", "keras", "keras-cv", "tensorflow", "tf2onnx", "onnx", "openvino")
LABELS = Labels(("melanoma", "nevus", "other"), (True, False, False))
IMAGES, FOLDS = 8, 5


def main() -> None:
    """Export and compare, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pattern", nargs="?", default="", help="only backbones that match")
    parser.add_argument("--all", action="store_true", help="every backbone of the registry")
    parser.add_argument("--time", action="store_true", help="and the time of five folds")
    given = parser.parse_args()
    start = time.perf_counter()
    choose(HARDWARE).start()
    wanted = backbones(given.pattern)
    rows = [_row(entry) for entry in (wanted if given.all else _least(wanted))]
    seconds = _timed() if given.time else []
    if not given.pattern:
        text = _report(rows, seconds, " ".join(sys.argv[1:]), time.perf_counter() - start)
        RESULT.write_text(text, encoding="utf-8")
    if wrong := [str(row[0]) for row in rows if row[-1] != "true"]:
        sys.exit(f"no true graph: {', '.join(wrong)}")


def _least(entries: list[Backbone]) -> list[Backbone]:
    """Give the backbone with the fewest parameters of each family."""
    found: dict[str, Backbone] = {}
    for entry in sorted(entries, key=lambda one: one.params):
        own = entry.source == "keras-cv"
        found.setdefault(entry.class_name if own else entry.name.rpartition("_")[0], entry)
    return sorted(found.values(), key=lambda one: one.name)


def _desk(settings: MemberSettings, labels: Labels) -> tuple[Desk, Scorer]:
    scorer = Scorer.of(settings, labels, choose(HARDWARE))
    return Desk.of(scorer), scorer


def _draw(network: Any, seed: int = 0) -> None:
    """Shake the weights, so that no batch statistic is that of a new network; variances stay."""
    draw = np.random.default_rng(seed)
    weights = network.get_weights()
    network.set_weights([w * (1 + 0.1 * np.abs(draw.normal(size=w.shape))) for w in weights])


def _row(entry: Backbone) -> tuple[object, ...]:
    import keras

    from mel.cnn.exporting.converting import WAYS

    keras.backend.clear_session()
    gc.collect()
    side = -(-max(entry.least, 64) // 32) * 32
    settings = MemberSettings(
        backbone=entry.name, size=side, pooling="gem", head="diagnosis", metadata=True
    )
    desk, scorer = _desk(settings, LABELS)
    _draw(scorer.networks[side])
    start, said = time.perf_counter(), "none"
    found: Found | None = None
    graph, without = b"", WAYS[0]
    for without in WAYS:
        try:
            graph, found = _compared(desk, side, without)
        except MelError as error:
            said = str(error)
            continue
        said = "true" if found.is_true else f"differs by more than {MOST:g}"
        if found.is_true:
            break
    seconds = time.perf_counter() - start
    gaps = found.gaps if found else {}
    low = change(found.plain, found.low, None)["largest"] if found and found.low is not None else 0
    row = (entry.name, entry.class_name, side, f"{len(graph) / 1e6:.1f}", f"{seconds:.0f}")
    row += tuple(f"{gaps.get(what, np.nan):.1e}" for what in ("logit", "probability", "map"))
    row = (*row, f"{low:.1e}", ", ".join(without) or "", said)
    print(*row, sep=" | ", flush=True)
    return row


def _compared(desk: Desk, side: int, without: tuple[str, ...]) -> tuple[bytes, Found]:
    from mel.cnn.exporting.converting import converted

    graph = converted(desk.functions[side], without)
    draw = np.random.default_rng(1)
    known = draw.random((IMAGES, desk.scorer.networks[side].inputs[-1].shape[-1]))
    pixels = draw.integers(0, 256, (IMAGES, side, side, 3), dtype=np.uint8)
    inputs = {"pixels": pixels} | (
        {"metadata": known.astype(np.float32)} if desk.scorer.settings.metadata else {}
    )
    low = opened(graph, "bfloat16", IMAGES) if native_precision() == "bfloat16" else None
    found = compared(opened(graph, batch=IMAGES), low, desk.networks[side], [inputs], IMAGES)
    return graph, found


def _timed() -> list[tuple[str, float]]:
    """Give the seconds of each step of exporting five folds."""
    steps: list[tuple[str, float]] = []
    start = time.perf_counter()

    def step(what: str) -> None:
        nonlocal start
        steps.append((what, time.perf_counter() - start))
        start = time.perf_counter()

    settings = MemberSettings(backbone="efficientnetv2_b0", size=128)
    desk, scorer = _desk(settings, Labels())
    step("build the network, once")
    for fold in range(FOLDS):
        _draw(scorer.networks[128], fold)
        _compared(desk, 128, ())
        step(f"fold {fold}: convert, compare on {IMAGES} pictures" + " (and trace)" * (not fold))
    return steps


def _report(
    rows: list[tuple[object, ...]], steps: list[tuple[str, float]], words: str, seconds: float
) -> str:
    machine = f"{os.cpu_count()} {platform.machine()} cores, Python {platform.python_version()}"
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    heads = ("backbone", "class", "side", "MB", "seconds", "logit", "probability", "map")
    heads += ("bfloat16", "left out", "graph")
    table = "\n".join(f"| {' | '.join(map(str, row))} |" for row in (heads, *rows))
    head, _, body = table.partition("\n")
    timed = "".join(f"| {what} | {each:.1f} |\n" for what, each in steps)
    true = sum(row[-1] == "true" for row in rows)
    text = (
        f"# Graphs: what they say against what Keras says\n\n"
        f"- command: `python benchmarks/exports.py {words}`\n- machine: {machine}\n"
        f"- versions: {versions}\n- time: {seconds / 60:.1f} minutes\n\n"
        f"{len(rows)} networks with drawn weights, three classes, metadata and GeM pooling, on "
        f"{IMAGES} pictures of noise; {true} graphs say what Keras says, within {MOST:g} in a "
        "probability in float32. The largest differences of a logit, a probability and a place of "
        "the map; what bfloat16 changes of a probability (0 where the processor has none); which "
        "of tf2onnx' simplifications had to be left out.\n\n"
        f"{head}\n|{'---|' * len(heads)}\n{body}\n"
    )
    if steps:
        text += (
            f"\nFive folds of EfficientNetV2-B0 at 128 pixels, after TensorFlow was imported:\n\n"
            f"| step | seconds |\n|---|---:|\n{timed}"
        )
    return text


if __name__ == "__main__":
    main()
