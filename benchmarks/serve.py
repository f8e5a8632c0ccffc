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
from PIL import Image
from serving_ways import members

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "benchmarks" / "results" / "serve.md"
PACKAGES = ("mel", "openvino", "tensorflow", "keras", "numpy", "polars", "pillow")
UNSEEN = 768  # images of other lesions than the last layers were fitted to
GOAL = 4
_GRAIN = 3.0  # levels of noise that enlarged pictures get, as sensors have
Row = dict[str, Any]
WAYS = {
    "predict": "`Model.predict` over tf.data",
    "on_batch": "`predict_on_batch` over tf.data",
    "float32": "mel, float32",
    "bfloat16": "mel, bfloat16",
    "limit float32": "multiplications alone, float32",
    "limit bfloat16": "multiplications alone, bfloat16",
}


def main() -> None:
    """Make the ensemble, measure by turns, write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path, help="folder of HAM10000")
    parser.add_argument("--tables", type=Path, help="folder of SIIM-ISIC 2020's tables")
    parser.add_argument("--work", required=True, type=Path, help="work folder")
    parser.add_argument("--count", type=int, default=512, help="images that are scored")
    parser.add_argument("--large", type=int, default=64, help="images of a camera's size")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--trained", type=Path, help="work folder of benchmarks/ham10000.py")
    given = parser.parse_args()
    start = time.monotonic()
    if not (given.work / "ensemble.mel").is_file():
        from serving import make

        make(given.data, given.work, UNSEEN)
    lists = _lists(given)
    first = [_child(given.work, "first", "small", _precisions()[-1]) for _ in range(3)]
    with _Keras(given.work, "small") as keras:
        rounds = {
            name: [_round(given.work, keras, name) for _ in range(given.rounds)] for name in lists
        }
        aucs = {"the ensemble above": _aucs(given.work, "small", keras)}
    if given.trained:
        aucs["networks that were trained"] = _trained(given)
    text = _report(given, lists, rounds, aucs, first, time.monotonic() - start)
    RESULT.write_text(text, encoding="utf-8")
    print(text)


# what is scored


def _lists(given: argparse.Namespace) -> dict[str, str]:
    """Write the lists of images; give what each is, by its name."""
    known = pl.read_csv(given.work / "list.csv").sort("image_id")
    chosen = known.gather_every(max(1, known.height // given.count)).head(given.count)
    chosen.write_csv(given.work / "small.csv")
    found = {"small": f"{chosen.height:,} files of HAM10000, 200x150 pixels"}
    if given.tables:
        large = chosen.sample(given.large, seed=0).sort("image_id")
        mean = _enlarged(large, given.tables, given.work / "large")
        found["large"] = f"{large.height:,} of them at the sizes of SIIM-ISIC 2020, {mean:.0f} MP"
    return found


def _enlarged(images: pl.DataFrame, tables: Path, place: Path) -> float:
    """Write images at sizes drawn from the competition's, and their list; give the mean megapixels.

    The competition publishes JPEGs as they left the camera.
    """
    sizes = pl.read_csv(tables / "train_cdeotte.csv", columns=["width", "height"])
    sizes = sizes.sample(images.height, seed=0)
    place.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    paths = []
    for source, image_id, size in zip(
        images["path"], images["image_id"], sizes.iter_rows(), strict=True
    ):
        paths.append(str(place / f"{image_id}-{size[0]}x{size[1]}.jpg"))
        if not Path(paths[-1]).is_file():
            wide = np.asarray(Image.open(source).resize(size, Image.Resampling.BICUBIC), np.float32)
            wide = wide + rng.normal(0, _GRAIN, (*wide.shape[:2], 1)).astype(np.float32)
            Image.fromarray(np.clip(wide, 0, 255).astype(np.uint8)).save(paths[-1], quality=92)
    images.with_columns(path=pl.Series(paths)).write_csv(place.with_suffix(".csv"))
    return float((sizes["width"] * sizes["height"]).mean() or 0) / 1e6  # type: ignore[arg-type]


# turns


def _command(work: Path, way: str, name: str, precision: str) -> list[str]:
    options = ["--work", str(work), "--list", name, "--precision", precision]
    return [sys.executable, str(Path(__file__).with_name("serving_ways.py")), way, *options]


def _child(work: Path, way: str, name: str, precision: str) -> Row:
    """Have one way in a process of its own; `seconds` are those of the whole process."""
    start = time.monotonic()
    done = subprocess.run(
        _command(work, way, name, precision),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    found: Row = json.loads(done.stdout.splitlines()[-1])
    return found | {"seconds": time.monotonic() - start}


class _Keras:
    """A process in which Keras waits to be asked; meanwhile it takes no processor."""

    def __init__(self, work: Path, name: str) -> None:
        self._command = _command(work, "keras", name, "float32")

    def __enter__(self) -> "_Keras":
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            self._command, stdin=pipe, stdout=pipe, text=True, env=environment
        )
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()

    def ask(self, way: str, name: str) -> Row:
        """Have the images of a list scored."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("Keras' process has no pipes")
        self._process.stdin.write(f"{way} {name}\n")
        self._process.stdin.flush()
        found: Row = json.loads(self._process.stdout.readline())
        return found


def _precisions() -> tuple[str, ...]:
    from mel.graphs import native_precision

    return ("float32", "bfloat16") if native_precision() == "bfloat16" else ("float32",)


def _round(work: Path, keras: _Keras, name: str) -> Row:
    """Let each have its turn."""
    found = {"predict": keras.ask("predict", name)}
    found |= {kind: _child(work, "mel", name, kind) for kind in _precisions()}
    found |= {f"limit {kind}": _child(work, "limit", name, kind) for kind in _precisions()}
    found["on_batch"] = keras.ask("on_batch", name)
    print(name, {way: round(row["speed"], 1) for way, row in found.items()}, file=sys.stderr)
    return found


# the same scores


def _trained(given: argparse.Namespace) -> list[str]:
    """Compare the scores of members that benchmarks/ham10000.py trained."""
    place = given.work / "trained"
    if not (place / "ensemble.mel").is_file():
        from serving import take

        take(given.trained, place)
    for precision in _precisions():
        _child(place, "mel", "truth", precision)
    with _Keras(place, "") as keras:
        return _aucs(place, "truth", keras)


def _aucs(work: Path, name: str, keras: _Keras) -> list[str]:
    """Compare AUCs and scores with those of Keras on the same pixels, through the same judge."""
    from mel.metrics import auc
    from mel.submit.scoring import Looked, Scorer

    images = pl.read_csv(work / f"{name}.csv")
    target = images["target"].to_numpy()
    scorer = Scorer.open(work / "ensemble.mel", precision="float32")
    blank = scorer.look(images[:1]).quality
    quality = pl.concat([images.select("image_id"), blank.drop("image_id").clear()], how="diagonal")
    said = keras.ask("exact", name)["scores"]
    seen = {member: np.array(scores)[:, None] for member, scores in said.items()}
    looked = Looked(tuple(images["image_id"]), seen, {}, quality.select(blank.columns), {})
    truth = scorer.judge(images.drop("target"), looked).frame
    rows = []
    for precision in _precisions():
        mine = images.select("image_id").join(
            pl.read_parquet(work / f"{name}-{precision}.parquet"),
            on="image_id",
            maintain_order="left",
        )
        for column in (*members(work), "score", "probability"):
            ours, theirs = mine[column].to_numpy(), truth[column].to_numpy()
            a, b = auc(target, ours), auc(target, theirs)
            gap = float(np.abs(ours - theirs).max())
            rows.append(
                f"| {precision} | {column} | {b:.5f} | {a:.5f} | {a - b:+.5f} | {gap:.1e} |"
            )
    return rows


# the result


def _speeds(rounds: list[Row]) -> list[str]:
    """Give a table of rates, of the median round; a ratio compares within a round."""
    rows = ["| by | images/s | against `predict` |", "|---|---:|---:|"]
    for way in (way for way in WAYS if way in rounds[0]):
        speeds = [row[way]["speed"] for row in rounds]
        ratios = [row[way]["speed"] / row["predict"]["speed"] for row in rounds]
        rows.append(
            f"| {WAYS[way]} | {statistics.median(speeds):.1f} | "
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) |"
        )
    return [*rows, ""]


def _share(rounds: list[Row]) -> float:
    """Say how much of what the processor would allow mel reaches, in its lowest precision."""
    kind = _precisions()[-1]
    shares = [float(row[kind]["speed"] / row[f"limit {kind}"]["speed"]) for row in rounds]
    return statistics.median(shares)


def _table(title: str, rows: list[str]) -> list[str]:
    head = f"| {title} | score | Keras | mel | change | largest difference of a score |"
    return [head, "|---|---|---:|---:|---:|---:|", *rows, ""]


def _report(
    given: argparse.Namespace,
    lists: dict[str, str],
    rounds: dict[str, list[Row]],
    aucs: dict[str, list[str]],
    first: list[Row],
    seconds: float,
) -> str:
    options = " --tables DIR2" if given.tables else ""
    options += " --trained work/ham10000" if given.trained else ""
    peaks = [row["peak"] for one in rounds["small"] for row in one.values() if "peak" in row]
    lines = [
        "# Serving a bundle",
        "",
        f"- command: `python benchmarks/serve.py --data DIR --work work/serve{options}`",
        f"- machine: {os.cpu_count()} {platform.machine()} cores, "
        f"Python {platform.python_version()}; "
        + ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        f"- time: {seconds / 60:.0f} minutes, without making the ensemble",
        "",
        f"Three members, one fold each ({', '.join(members(given.work))}),",
        "a stack and a blend, over the same files by turns in one run of "
        f"{given.rounds} rounds; a ratio",
        "compares within a round, of the median round, with the lowest and the highest. Keras",
        "reads, cuts and resizes each member's pictures with tf.data, in parallel and ahead, in",
        "batches of 32, its graphs traced before. mel's time is that of `mel submit score`:",
        "decoding, quality, three networks, stack, blend, shards. The networks' bodies are",
        "untrained, their last layers fitted (see serving.py): that computes as trained ones do.",
        "",
        *(
            part
            for name, what in lists.items()
            for part in (f"## {what}", "", *_speeds(rounds[name]))
        ),
        f"The goal is {GOAL} times. `Multiplications alone` is what the processor would allow if",
        "no picture were read and the networks' convolutions went as quickly as one large matrix",
        f"product in the same engine: on small files mel reaches {_share(rounds['small']):.0%} of "
        "that. A camera's files,",
        "which are what the competition publishes, mel decodes once for all members, at the scale",
        "that is needed.",
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
        "From the start of a Python process to its end with the score of the first image, the",
        "bundle opened and every byte of it compared: "
        + ", ".join(f"{row['seconds']:.2f}" for row in first)
        + " s; peak memory "
        + f"{max(row['peak'] for row in first):.0f} MB.",
        f"Imported of TensorFlow, Keras, JAX and PyTorch: {first[0]['heavy'] or 'nothing'}.",
        f"Scoring all {pl.read_csv(given.work / 'small.csv').height:,} small images took "
        f"{max(peaks):.0f} MB at most.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
