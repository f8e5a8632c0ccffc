"""`mel kaggle prepare` against the usual ways, side by side: writes benchmarks/results/prepare.md.

python benchmarks/prepare.py

OpenCV is no dependency of mel; without it its two rows are left out. To have them:
pip install opencv-python-headless
"""

import argparse
import io
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stderr
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, features

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "benchmarks" / "results" / "prepare.md"
SIZES = (256, 384, 512)
QUALITY = 95
SLOW, SOME = ("pillow", "pillow_each", "opencv"), 12  # the slow ways run over twelve originals
WIDTH, HEIGHT = 6000, 4000
Squares = list[NDArray[np.uint8]]


# the originals


def _skin(seed: int) -> Image.Image:
    """A mole on textured skin: blobs of seven scales, a dark ellipse, grain, all made up."""
    rng = np.random.default_rng(seed)
    pixels = np.tile(np.array([205, 160, 140], np.float32), (HEIGHT, WIDTH, 1))
    for cell, depth in ((1500, 18), (400, 10), (90, 7), (24, 5), (8, 5), (3, 4)):
        shape = (HEIGHT // cell + 3, WIDTH // cell + 3)
        blobs = Image.fromarray(rng.normal(size=shape).astype(np.float32) * depth)
        wide = np.asarray(blobs.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
        pixels += wide[..., None] * np.array([0.8, 1.0, 1.1], np.float32)
    y, x = np.ogrid[0:HEIGHT, 0:WIDTH]
    far = np.hypot((x - WIDTH / 2) / 900, (y - HEIGHT / 2) / 700).astype(np.float32)
    pixels -= (1 / (1 + np.exp((far - 1) * 8)))[..., None] * np.array([90, 95, 85], np.float32)
    pixels += rng.normal(size=(HEIGHT, WIDTH, 1)).astype(np.float32) * 3
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _originals(folder: Path, count: int) -> list[Path]:
    """Write `count` JPEGs of 24 megapixels, qualities 90 to 95; every fourth is a new picture."""
    ways = (None, Image.Transpose.ROTATE_180, *(Image.Transpose(k) for k in (0, 1)))
    paths = []
    for k in range(count):
        if k % 4 == 0:
            picture = _skin(k)
        way = ways[k % 4]
        paths.append(folder / f"original{k:03d}.jpg")
        turned = picture if way is None else picture.transpose(way)
        turned.save(paths[-1], quality=(90, 92, 93, 95)[k % 4])
    return paths


# the ways: each gives the three squares of a file, encoded


def _box(width: int, height: int) -> tuple[float, float, float, float]:
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    return left, top, left + side, top + side


def _shrink(image: Image.Image, size: int) -> Image.Image:
    return image.resize((size, size), Image.Resampling.BILINEAR, box=_box(*image.size))


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def pillow(path: Path) -> list[bytes]:
    """Pillow: open, convert, resize to each size, save."""
    image = Image.open(path).convert("RGB")
    return [_jpeg(_shrink(image, size)) for size in SIZES]


def pillow_each(path: Path) -> list[bytes]:
    """Pillow as scripts have it: the same, opened again for each size."""
    return [_jpeg(_shrink(Image.open(path).convert("RGB"), size)) for size in SIZES]


def pillow_draft(path: Path) -> list[bytes]:
    """Pillow with `draft`: decoded at the DCT scale that the largest size needs."""
    image = Image.open(path)
    image.draft("RGB", (max(SIZES), max(SIZES)))
    image = image.convert("RGB")
    return [_jpeg(_shrink(image, size)) for size in SIZES]


def _opencv(path: Path, flag: int) -> list[bytes]:
    import cv2

    image = cv2.imread(str(path), flag)
    left, top, right, lower = map(int, _box(image.shape[1], image.shape[0]))
    square = image[top:lower, left:right]
    return [
        cv2.imencode(
            ".jpg",
            cv2.resize(square, (size, size), interpolation=cv2.INTER_AREA),
            [cv2.IMWRITE_JPEG_QUALITY, QUALITY],
        )[1].tobytes()
        for size in SIZES
    ]


def opencv(path: Path) -> list[bytes]:
    """OpenCV: imread, resize (INTER_AREA), imencode."""
    import cv2

    return _opencv(path, cv2.IMREAD_COLOR)


def opencv_reduced(path: Path) -> list[bytes]:
    """OpenCV: imread at the smallest reduced scale that the largest size allows."""
    import cv2

    least = min(Image.open(path).size)
    scale = max(s for s in (1, 2, 4, 8) if s == 1 or least // s >= max(SIZES))
    name = "IMREAD_COLOR" if scale == 1 else f"IMREAD_REDUCED_COLOR_{scale}"
    return _opencv(path, getattr(cv2, name))


WAYS: dict[str, Callable[[Path], list[bytes]]] = {
    way.__name__: way for way in (pillow, pillow_each, pillow_draft, opencv, opencv_reduced)
}


def _plainly(name: str, paths: list[Path], out: Path) -> None:
    """Run a way over all files; like mel, write each size's pictures one after another."""
    out.mkdir()
    files = [(out / f"{size}.bin").open("wb") for size in SIZES]
    for path in paths:
        for file, data in zip(files, WAYS[name](path), strict=True):
            file.write(data)
    for file in files:
        file.close()


def _mel(workers: int, paths: list[Path], out: Path) -> None:
    import polars as pl

    from mel.kaggle import prepare

    table = pl.DataFrame({"image_id": [p.stem for p in paths], "path": [str(p) for p in paths]})
    with redirect_stderr(io.StringIO()):
        prepare(table, out, SIZES, quality=QUALITY, workers=workers)


# measuring: each run is a process of its own, bound to its cores from its start


def _measure(name: str, folder: Path) -> None:
    """Run one way over the originals twice, first over two to warm up; print what it took."""
    paths = sorted(folder.glob("*.jpg"))[: SOME if name in SLOW else None]
    if name.startswith("opencv"):
        import cv2

        cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        for label, some in (("warm", paths[:2]), ("timed", paths)):
            wall, busy = time.perf_counter(), time.process_time()
            if name.startswith("mel"):
                _mel(int(name.rpartition("_")[2]), some, Path(place) / label)
            else:
                _plainly(name, some, Path(place) / label)
            found = [time.perf_counter() - wall, time.process_time() - busy]
    print(json.dumps([seconds / len(paths) for seconds in found]))


def _run(name: str, folder: Path, cores: list[int]) -> tuple[float, float]:
    """Give the wall and the processor seconds an image of one run, on these cores only."""
    command = [sys.executable, str(Path(__file__)), "--measure", name, "--folder", str(folder)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"},
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
        capture_output=True,
        text=True,
        check=True,
    )
    wall, busy = json.loads(done.stdout)
    return wall, busy


def _difference(paths: list[Path]) -> dict[int, tuple[float, ...]]:
    """Give by size the mean absolute difference to a full decode, the worst picture's.

    The full decode is Pillow's at scale 1, resized by the same filter. Three figures: of the
    pixels, of the stored JPEG, and of the JPEG of the full decode itself.
    """
    from mel.images import decode_sizes

    found = dict.fromkeys(SIZES, (0.0, 0.0, 0.0))
    for path in paths:
        full = Image.open(path).convert("RGB")
        for size, square in decode_sizes(path, SIZES).items():
            wanted = np.asarray(_shrink(full, size), np.float64)
            others = (square, _stored(square), _stored(wanted.astype(np.uint8)))
            off = [float(np.abs(other - wanted).mean()) for other in others]
            found[size] = tuple(map(max, found[size], off))
    return found


def _stored(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(_jpeg(Image.fromarray(pixels)))))


# the result


def _has_opencv() -> bool:
    try:
        import cv2  # noqa: F401
    except ImportError:
        return False
    return True


def _rows(times: dict[str, list[tuple[float, float]]]) -> list[str]:
    """Give a line a way: images a second, times Pillow by the median of the rounds, the spread."""
    base = times["pillow"]
    lines = []
    for name, found in times.items():
        wall = [w for w, _ in found]
        ratio = statistics.median(b / w for (b, _), w in zip(base, wall, strict=True))
        busy = statistics.median(c for _, c in found)
        cpu = statistics.median(c for _, c in base) / busy
        label, cores = LABELS[name]
        lines.append(
            f"| {label} | {cores} | {1 / statistics.median(wall):.1f} | {1 / max(wall):.1f} to "
            f"{1 / min(wall):.1f} | {ratio:.2f} | {busy * 1000:.0f} | {cpu:.2f} |"
        )
    return lines


LABELS = {
    "pillow": ("Pillow open-convert-resize, decoded once", 1),
    "pillow_each": ("Pillow open-convert-resize, once a size", 1),
    "pillow_draft": ("Pillow with draft, decoded once", 1),
    "opencv": ("OpenCV imread and resize, decoded once", 1),
    "opencv_reduced": ("OpenCV reduced imread and resize, decoded once", 1),
    "mel_1": ("**mel kaggle prepare**, 1 worker", 1),
    "mel_2": ("**mel kaggle prepare**, 2 workers", 2),
}


def _ratio(times: dict[str, list[tuple[float, float]]], slow: str, fast: str, part: int) -> float:
    pairs = zip(times[slow], times[fast], strict=True)
    return statistics.median(a[part] / b[part] for a, b in pairs)


def _verdicts(times: dict[str, list[tuple[float, float]]]) -> list[str]:
    """Say for each target whether it is met: by the wall clock, and by processor time."""
    lines = []
    aims = [("pillow", "mel_1", 3.5, "Pillow's open-convert-resize on one core")]
    if "opencv_reduced" in times:
        aims.append(("opencv_reduced", "mel_1", 1.0, "OpenCV's reduced decode on one core"))
    for slow, fast, aim, label in aims:
        wall, busy = (_ratio(times, slow, fast, part) for part in (0, 1))
        said = "met" if wall >= aim else "missed"
        lines.append(
            f"- {label}: mel is {wall:.2f} times as fast by the clock, {busy:.2f} times by "
            f"processor time; at least {aim} is asked for: {said}."
        )
    if "mel_2" in times:
        grown = _ratio(times, "mel_1", "mel_2", 0)
        least = min(w for w, _ in times["mel_1"]) / min(w for w, _ in times["mel_2"])
        lines.append(
            f"- Two cores: {grown:.2f} times one core in the median of the rounds, {least:.2f} "
            "times by the fastest round of each, the one least disturbed."
        )
    return lines


def _versions() -> str:
    found = []
    for package in ("mel", "pillow", "numpy", "opencv-python-headless"):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"no {package}")
    return ", ".join([*found, f"libjpeg-turbo {features.version('libjpeg_turbo')} in Pillow"])


def _report(
    given: argparse.Namespace, times: dict[str, list[tuple[float, float]]], facts: dict[str, Any]
) -> str:
    cpu = f"{os.cpu_count()} {platform.machine()} cores, Python {platform.python_version()}"
    off = facts["difference"]
    return "\n".join(
        [
            "# mel kaggle prepare, against the usual ways",
            "",
            f"- command: `python benchmarks/prepare.py --images {given.images} "
            f"--rounds {given.rounds}`",
            f"- machine: {cpu}; {_versions()}",
            f"- time: {facts['minutes']:.0f} minutes; load average {facts['load']}",
            f"- originals: {given.images} generated JPEGs of {WIDTH} x {HEIGHT}, qualities 90 to "
            f"95, {facts['megabytes']:.1f} MB each in the mean",
            f"- job: centre square at {', '.join(map(str, SIZES))}, JPEG of quality {QUALITY}; "
            "the files read, decoded, resized, encoded and written; mel also takes checksums and "
            "writes its index",
            "",
            *_verdicts(times),
            "- Mean absolute difference to a full decode (Pillow at scale 1, same filter), of 255 "
            "levels, worst picture: "
            + ", ".join(f"{found[0]:.2f} at {size}" for size, found in off.items())
            + f"; under 1 is asked for: {'met' if max(o[0] for o in off.values()) < 1 else 'no'}. "
            "As stored "
            + ", ".join(f"{found[1]:.2f} at {size}" for size, found in off.items())
            + ", of which the JPEG is the most: the full decode is off by "
            + ", ".join(f"{found[2]:.2f} at {size}" for size, found in off.items())
            + " after the same.",
            "",
            "| way | cores | images/s | slowest to fastest round | times Pillow | CPU ms an image "
            "| times Pillow, CPU |",
            "|---|---|---|---|---|---|---|",
            *_rows(times),
            "",
            f"Each way ran once in each of {given.rounds} rounds, in turn, in a process of its own "
            "bound to its cores; images/s is the median round, a ratio the median of the rounds' "
            f"ratios. The slow ways ran over {SOME} of the originals only. The columns of CPU time "
            "are for machines that do other work at the same time: the clock of one way may then "
            "stand still while another's does not.",
            "",
        ]
    )


def main() -> None:
    """Generate the originals, run every way in turn, write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=48, help="originals to generate")
    parser.add_argument("--rounds", type=int, default=7, help="how often each way is run")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        _measure(given.measure, given.folder)
        return
    cores, begun, load = sorted(os.sched_getaffinity(0)), time.monotonic(), os.getloadavg()[0]
    names = [n for n in LABELS if not n.startswith("opencv") or _has_opencv()]
    names = [n for n in names if LABELS[n][1] <= len(cores)]
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "originals"
        folder.mkdir()
        paths = _originals(folder, given.images)
        for turn in range(given.rounds):
            for name in names:
                times[name].append(_run(name, folder, cores[-LABELS[name][1] :]))
            print(f"round {turn + 1} of {given.rounds}", file=sys.stderr, flush=True)
        facts = {
            "difference": _difference(paths[::3]),
            "megabytes": statistics.mean(p.stat().st_size for p in paths) / 1e6,
            "minutes": (time.monotonic() - begun) / 60,
            "load": f"{load:.1f} at the start, {os.getloadavg()[0]:.1f} at the end",
        }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(_report(given, times, facts), encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
