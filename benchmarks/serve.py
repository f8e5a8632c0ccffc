"""How quickly a bundle is served, against Keras' own predict: writes benchmarks/results/serve.md.

python benchmarks/serve.py --data DIR --work work/serve

--data holds HAM10000. The ensemble (see serving.py) is made once, in --work. Then, by turns in one
run: mel in float32 and in bfloat16, and Keras over the same files, with tf.data as in a notebook.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "benchmarks" / "results" / "serve.md"
PACKAGES = ("mel", "openvino", "tensorflow", "keras", "numpy", "polars", "pillow")
UNSEEN = 768  # images of other lesions than the last layers were fitted to
GOAL = 4
_BATCH = 32  # of a notebook
Row = dict[str, Any]


def main() -> None:
    """Make the ensemble, measure by turns, write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of HAM10000")
    parser.add_argument("--work", required=True, type=Path, help="work folder")
    parser.add_argument("--count", type=int, default=256, help="images that are scored")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--trained", type=Path, help="work folder of benchmarks/ham10000.py")
    parser.add_argument("--note", default="", help="what else a reader must know")
    parser.add_argument("--task", default="all", help=argparse.SUPPRESS)
    parser.add_argument("--precision", default="float32", help=argparse.SUPPRESS)
    given = parser.parse_args()
    tasks = {"make": _make, "keras": _keras, "mel": _mel, "first": _first, "all": _all}
    tasks["take"] = _take
    tasks[given.task](given)


def _all(given: argparse.Namespace) -> None:
    start = time.monotonic()
    if not (given.work / "ensemble.mel").is_file():
        _child(given, "make")
    _choose(given)
    found = [_first_found(given) for _ in range(3)]
    keras = subprocess.Popen(_command(given, "keras"), stdin=-1, stdout=-1, text=True)
    try:
        rounds = [_round(given, keras) for _ in range(given.rounds)]
        exact = _ask(keras, "exact")
    finally:
        keras.kill()
    aucs = {"the ensemble above": _aucs(given.work, exact)}
    if given.trained:
        aucs["networks that were trained"] = _trained(given)
    text = _report(given, rounds, aucs, found, time.monotonic() - start)
    RESULT.write_text(text, encoding="utf-8")
    print(text)


# who scores


def _make(given: argparse.Namespace) -> None:
    from serving import make

    make(given.data, given.work, UNSEEN)


def _take(given: argparse.Namespace) -> None:
    from serving import take

    take(given.trained, given.work)


def _mel(given: argparse.Namespace) -> None:
    """Score all images as `mel submit score` does."""
    from mel.submit.batch import score

    start = time.monotonic()
    out = given.work / f"{given.precision}.parquet"
    found = score(
        given.work / "ensemble.mel",
        given.work / "images.csv",
        out,
        precision=given.precision,
    )
    whole = time.monotonic() - start
    print(json.dumps({"speed": found.speed, "whole": found.fresh / whole, "peak": _peak()}))


def _first(given: argparse.Namespace) -> None:
    """Score one image, from a process that has just begun."""
    from mel.submit.scoring import Scorer

    scorer = Scorer.open(given.work / "ensemble.mel", precision=given.precision)
    image = pl.read_csv(given.work / "images.csv", n_rows=1)
    judged = scorer.judge(image, scorer.look(image))
    heavy = {"tensorflow", "keras", "jax", "torch"} & set(sys.modules)
    print(json.dumps({"first": judged.frame["probability"][0], "peak": _peak(), "heavy": [*heavy]}))


def _keras(given: argparse.Namespace) -> None:
    """Answer, for each line on standard input, with the seconds and the scores of all images."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    from serving import network

    from mel.config import MemberSettings

    models = {}
    for name in _members(given.work):
        backbone, _, size = name.rpartition("-")
        settings = MemberSettings(backbone=backbone, size=int(size))
        models[int(size), name] = network(settings, given.work / f"{name}.weights.h5")
    paths = pl.read_csv(given.work / "truth.csv")["path"].to_list()
    if given.count:
        for way in (_predict, _on_batch):
            way(models, paths[: 2 * _BATCH])  # graphs are traced
    ways = {"predict": _predict, "on_batch": _on_batch, "exact": _exact}
    for line in sys.stdin:
        start = time.monotonic()
        logits = ways[line.strip()](models, paths)
        seconds = time.monotonic() - start
        scores = {name: (1 / (1 + np.exp(-said))).tolist() for name, said in logits.items()}
        print(json.dumps({"speed": len(paths) / seconds, "scores": scores}), flush=True)


def _members(work: Path) -> list[str]:
    return sorted(path.name.removesuffix(".weights.h5") for path in work.glob("*.weights.h5"))


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


def _predict(models: dict[Any, Any], paths: list[str]) -> dict[str, Any]:
    return {
        name: model.predict(_dataset(paths, size), verbose=0)[:, 0].astype(np.float64)
        for (size, name), model in models.items()
    }


def _on_batch(models: dict[Any, Any], paths: list[str]) -> dict[str, Any]:
    """Give Keras what it is best at: a plain loop, pictures read ahead."""
    return {
        name: np.concatenate([model.predict_on_batch(part) for part in _dataset(paths, size)])[
            :, 0
        ].astype(np.float64)
        for (size, name), model in models.items()
    }


def _exact(models: dict[Any, Any], paths: list[str]) -> dict[str, Any]:
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


# turns


def _command(given: argparse.Namespace, task: str, precision: str = "float32") -> list[str]:
    options = ["--work", str(given.work), "--count", str(given.count), "--task", task]
    options += ["--precision", precision] + (["--data", str(given.data)] if given.data else [])
    options += ["--trained", str(given.trained)] if given.trained else []
    return [sys.executable, str(Path(__file__)), *options]


def _child(given: argparse.Namespace, task: str, precision: str = "float32") -> Row:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        _command(given, task, precision),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=environment,
    )
    lines = done.stdout.splitlines()
    found: Row = json.loads(lines[-1]) if lines else {}
    return found


def _first_found(given: argparse.Namespace) -> Row:
    start = time.monotonic()
    found = _child(given, "first", "bfloat16" if _has_bfloat16() else "float32")
    return found | {"seconds": time.monotonic() - start}


def _choose(given: argparse.Namespace) -> None:
    """Take `--count` of the images that the ensemble has not seen."""
    known = pl.read_csv(given.work / "list.csv").sort("image_id")
    chosen = known.gather_every(max(1, known.height // given.count)).head(given.count)
    chosen.write_csv(given.work / "truth.csv")
    chosen.drop("target").write_csv(given.work / "images.csv")


def _has_bfloat16() -> bool:
    from mel.graphs import native_precision

    return native_precision() == "bfloat16"


def _ask(keras: "subprocess.Popen[str]", way: str) -> Row:
    if keras.stdin is None or keras.stdout is None:
        raise RuntimeError("Keras' process has no pipes")
    keras.stdin.write(f"{way}\n")
    keras.stdin.flush()
    found: Row = json.loads(keras.stdout.readline())
    return found


def _round(given: argparse.Namespace, keras: "subprocess.Popen[str]") -> Row:
    """Let each have its turn; Keras waits on its pipe meanwhile, and takes no processor."""
    found = {"predict": _ask(keras, "predict")}
    found["float32"] = _child(given, "mel", "float32")
    found["on_batch"] = _ask(keras, "on_batch")
    if _has_bfloat16():
        found["bfloat16"] = _child(given, "mel", "bfloat16")
    print({name: round(row["speed"], 1) for name, row in found.items()}, file=sys.stderr)
    return found


def _peak() -> float:
    """Give the most memory this process ever had, in MB."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


# the result


def _trained(given: argparse.Namespace) -> list[str]:
    """Compare the scores of members that benchmarks/ham10000.py trained."""
    place = given.work / "trained"
    mine = argparse.Namespace(**vars(given) | {"work": place, "count": 0})
    if not (place / "ensemble.mel").is_file():
        _child(mine, "take")
    pl.read_csv(place / "truth.csv").drop("target").write_csv(place / "images.csv")
    for precision in ("float32", "bfloat16")[: 1 + _has_bfloat16()]:
        _child(mine, "mel", precision)
    keras = subprocess.Popen(_command(mine, "keras"), stdin=-1, stdout=-1, text=True)
    try:
        return _aucs(place, _ask(keras, "exact"))
    finally:
        keras.kill()


def _aucs(work: Path, exact: Row) -> list[str]:
    """Compare AUCs and scores with those of Keras on the same pixels, through the same judge."""
    from mel.metrics import auc
    from mel.submit.scoring import Looked, Scorer

    images = pl.read_csv(work / "truth.csv")
    target = images["target"].to_numpy()
    scorer = Scorer.open(work / "ensemble.mel", precision="float32")
    blank = scorer.look(images[:1]).quality
    quality = pl.concat([images.select("image_id"), blank.drop("image_id").clear()], how="diagonal")
    seen = {name: np.array(said)[:, None] for name, said in exact["scores"].items()}
    looked = Looked(tuple(images["image_id"]), seen, {}, quality.select(blank.columns), {})
    truth = scorer.judge(images.drop("target"), looked).frame
    rows = []
    for precision in ("float32", "bfloat16"):
        path = work / f"{precision}.parquet"
        if not path.is_file():
            continue
        mine = images.select("image_id").join(
            pl.read_parquet(path), on="image_id", maintain_order="left"
        )
        for name in (*_members(work), "score", "probability"):
            ours, theirs = mine[name].to_numpy(), truth[name].to_numpy()
            a, b = auc(target, ours), auc(target, theirs)
            gap = float(np.abs(ours - theirs).max())
            rows.append(f"| {precision} | {name} | {b:.5f} | {a:.5f} | {a - b:+.5f} | {gap:.1e} |")
    return rows


def _table(title: str, rows: list[str]) -> list[str]:
    head = f"| {title} | score | Keras | mel | change | largest difference of a score |"
    return [head, "|---|---|---:|---:|---:|---:|", *rows, ""]


def _report(
    given: argparse.Namespace,
    rounds: list[Row],
    aucs: dict[str, list[str]],
    first: list[Row],
    seconds: float,
) -> str:
    names = {
        "predict": "`Model.predict` over tf.data",
        "on_batch": "`predict_on_batch` over tf.data",
        "float32": "mel, float32",
        "bfloat16": "mel, bfloat16",
    }
    table = []
    for name in (name for name in names if name in rounds[0]):
        speeds = [row[name]["speed"] for row in rounds]
        ratios = [row[name]["speed"] / row["predict"]["speed"] for row in rounds]
        low, high = min(ratios), max(ratios)
        table.append(
            f"| {names[name]} | {statistics.median(speeds):.1f} | "
            f"{statistics.median(ratios):.2f} ({low:.2f} to {high:.2f}) |"
        )
    trained = " --trained work/ham10000" if given.trained else ""
    peaks = [row["peak"] for one in rounds for row in one.values() if "peak" in row]
    lines = [
        "# Serving a bundle",
        "",
        f"- command: `python benchmarks/serve.py --data DIR --work work/serve{trained}`",
        f"- machine: {os.cpu_count()} {platform.machine()} cores, "
        f"Python {platform.python_version()}; "
        + ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        f"- time: {seconds / 60:.0f} minutes, without making the ensemble",
        *([f"- note: {given.note}"] if given.note else []),
        "",
        f"Three members, one fold each ({', '.join(_members(given.work))}),",
        f"a stack and a blend, over the same {given.count:,} files of HAM10000, 200x150 pixels.",
        f"All took turns in {len(rounds)} rounds of one run; a ratio compares within a round, of",
        "the median round, with the lowest and the highest. Keras reads, cuts and resizes each",
        "member's pictures with tf.data, in parallel and ahead, in batches of",
        f"{_BATCH}, its graphs traced before. mel's time is that of `mel submit score`: decoding,",
        "quality, three networks, stack, blend, shards. The networks' bodies are untrained, their",
        "last layers fitted (see serving.py): that computes as trained ones do.",
        "",
        "| by | images/s | against `predict` |",
        "|---|---:|---:|",
        *table,
        "",
        f"The goal is {GOAL} times. Two virtual cores with AVX-512 compute at most twice as much",
        "by bfloat16 as by float32, and the larger networks take nearly all of that already: there",
        "only what Keras leaves of the processor is to be gained. It leaves most with small",
        "pictures, and where other work takes part of a core, for which its threads wait.",
        "",
        "## The same scores",
        "",
        "AUC by Keras in float32 from mel's own pixels, through the same stack and blend, and by",
        "mel. Random bodies with fitted last layers, as above, magnify every rounding: what",
        "bfloat16 costs is what it costs networks that were trained: those of ham10000.md, the",
        "first fold of each, on the 1,509 images that were held out.",
        "",
        *(line for title, rows in aucs.items() for line in _table(title, rows)),
        "## The first score, and memory",
        "",
        "From the start of a Python process to the score of the first image, the bundle opened and",
        "every byte of it compared: "
        + ", ".join(f"{row['seconds']:.2f}" for row in first)
        + " s; peak memory "
        + f"{max(row['peak'] for row in first):.0f} MB.",
        f"Imported of TensorFlow, Keras, JAX and PyTorch: {first[0]['heavy'] or 'nothing'}.",
        f"Scoring all {given.count:,} images took {max(peaks):.0f} MB at most.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
