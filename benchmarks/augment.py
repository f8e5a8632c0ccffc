"""Input with augmentation, without a model, against the usual ways: writes results/augment.md.

python benchmarks/augment.py

OpenCV is no dependency of mel; without it its row is left out. To have it:
pip install opencv-python-headless
"""

import argparse
import math
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "benchmarks" / "results" / "augment.md"
SIZE, BATCH, WARM = 256, 32, 8  # pixels, images, batches before the clock starts
Bytes = NDArray[np.uint8]
Rates = dict[str, list[tuple[float, float]]]  # images/s and processor seconds an image


# the files


def _picture(seed: int) -> Image.Image:
    """A lesion on textured skin: blobs of five scales, a dark ellipse, grain, all made up."""
    rng = np.random.default_rng(seed)
    pixels = np.tile(np.array([205, 160, 140], np.float32), (SIZE, SIZE, 1))
    for cell, depth in ((64, 16), (20, 9), (8, 6), (4, 5), (2, 4)):
        blobs = Image.fromarray(rng.normal(size=(SIZE // cell + 2,) * 2).astype(np.float32) * depth)
        wide = np.asarray(blobs.resize((SIZE, SIZE), Image.Resampling.BICUBIC))
        pixels += wide[..., None] * np.array([0.8, 1.0, 1.1], np.float32)
    y, x = np.ogrid[:SIZE, :SIZE]
    far = np.hypot((x - SIZE / 2) / 60, (y - SIZE / 2) / 45).astype(np.float32)
    pixels -= (1 / (1 + np.exp((far - 1) * 8)))[..., None] * np.array([90, 95, 85], np.float32)
    pixels += rng.normal(size=(SIZE, SIZE, 1)).astype(np.float32) * 2
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _files(folder: Path, count: int) -> list[str]:
    paths = [folder / f"image{k:05d}.jpg" for k in range(count)]
    for k, path in enumerate(paths):
        _picture(k).save(path, quality=95)
    return [str(path) for path in paths]


# mel


def _settings() -> Any:
    """The strengths of the notebooks, whose normal draws are read as the ends of uniform ones."""
    from mel.config import Augmentation, MemberSettings

    augmentation = Augmentation(
        rotation=180,
        shear=2,
        zoom=0.125,
        shift=0.03,
        brightness=0.1,
        contrast=0.2,
        saturation=0.3,
        hue=3.6,
    )
    return MemberSettings(
        backbone="efficientnetv2_b0",
        size=SIZE,
        epochs=1,
        warmup_epochs=0,
        batch_size=BATCH,
        augmentation=augmentation,
    )


def _table(paths: list[str]) -> Any:
    import polars as pl

    return pl.DataFrame({"image_id": [Path(path).stem for path in paths], "path": paths})


def _mel(paths: list[str], pixels: str, folder: Path, changed: bool = True) -> Any:
    """The dataset that mel makes of one epoch over the files, kept as pixels or decoded."""
    from mel.cnn import feeding
    from mel.config import Augmentation, HardwareSettings

    settings = _settings()
    if not changed:
        settings = settings.model_copy(update={"augmentation": Augmentation(flips=False)})
    frame = _table(paths)
    pictures = feeding.open_pictures(frame, SIZE, folder, HardwareSettings(pixels=pixels))
    target = np.arange(len(paths)) % 2
    labels, ones = target[:, None].astype(np.float32), np.ones(len(paths), dtype=np.float32)
    examples = feeding.Examples(np.arange(len(paths)), labels, target, ones)
    return feeding.training(pictures, examples, settings, 0)


def _order(paths: list[str]) -> list[str]:
    """The files in the order in which mel shows them."""
    from mel.cnn.feeding.order import epoch_order

    order = epoch_order(np.arange(len(paths)) % 2, _settings(), (0, 0, 0))
    return [paths[k] for k in order]


# a gather per image, as the public TPU notebooks of the 2020 competition have it


def _matrix(tf: Any, rows: list[list[Any]]) -> Any:
    return tf.stack([tf.stack([tf.cast(cell, tf.float32) for cell in row]) for row in rows])


def _gathered(tf: Any, image: Any) -> Any:
    """Rotate, shear, zoom and shift one float image: nearest pixels, looked up by gather_nd."""
    draw = [tf.random.normal([]) for _ in range(6)]
    turn, slant = math.pi * draw[0], math.pi / 180 * 2 * draw[1]
    cosine, sine = tf.cos(turn), tf.sin(turn)
    rotation = _matrix(tf, [[cosine, sine, 0.0], [-sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    shear = _matrix(tf, [[1.0, tf.sin(slant), 0.0], [0.0, tf.cos(slant), 0.0], [0.0, 0.0, 1.0]])
    high, wide = 1 / (1 + draw[2] / 8), 1 / (1 + draw[3] / 8)
    zoom = _matrix(tf, [[high, 0.0, 0.0], [0.0, wide, 0.0], [0.0, 0.0, 1.0]])
    shift = _matrix(tf, [[1.0, 0.0, 8 * draw[4]], [0.0, 1.0, 8 * draw[5]], [0.0, 0.0, 1.0]])
    whole = tf.matmul(tf.matmul(rotation, shear), tf.matmul(zoom, shift))
    half = SIZE // 2
    down = tf.repeat(tf.range(half, -half, -1), SIZE)
    across = tf.tile(tf.range(-half, half), [SIZE])
    places = tf.cast(tf.stack([down, across, tf.ones([SIZE * SIZE], tf.int32)]), tf.float32)
    found = tf.clip_by_value(tf.cast(tf.matmul(whole, places), tf.int32), -half + 1, half)
    indices = tf.stack([half - found[0], half - 1 + found[1]])
    return tf.reshape(tf.gather_nd(image, tf.transpose(indices)), [SIZE, SIZE, 3])


def _notebook(tf: Any, paths: list[str]) -> Any:
    def one(path: Any) -> Any:
        image = tf.image.decode_jpeg(tf.io.read_file(path), channels=3)
        image = _gathered(tf, tf.cast(image, tf.float32) / 255.0)
        image = tf.image.random_flip_left_right(image)
        image = tf.image.random_hue(image, 0.01)
        image = tf.image.random_saturation(image, 0.7, 1.3)
        image = tf.image.random_contrast(image, 0.8, 1.2)
        image = tf.image.random_brightness(image, 0.1)
        return tf.reshape(image, [SIZE, SIZE, 3])

    source = tf.data.Dataset.from_tensor_slices(paths).map(one, num_parallel_calls=-1)
    return source.batch(BATCH, drop_remainder=True).prefetch(-1)


# the other ways: the very matrices that mel draws, one batch at a time


def _matrices(step: int) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    from mel.cnn.augmenting.matrices import affine, colour

    settings, key = _settings().augmentation, (0, 0, 0, step)
    return affine(BATCH, SIZE, key, settings), colour(np.full(BATCH, 128.0), key, settings)


def _projected(tf: Any, paths: list[str]) -> Any:
    """ImageProjectiveTransformV3, bilinear and mirrored; no colour is changed."""

    def decoded(path: Any) -> Any:
        image = tf.image.decode_jpeg(tf.io.read_file(path), channels=3)
        return tf.ensure_shape(image, [SIZE, SIZE, 3])

    def draw(step: Any) -> Any:
        views, _ = _matrices(int(step))
        rows = np.concatenate([views.reshape(-1, 6), np.zeros((BATCH, 2))], axis=1)
        return rows.astype(np.float32)

    def changed(step: Any, images: Any) -> Any:
        rows = tf.numpy_function(draw, [step], tf.float32)
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=tf.cast(images, tf.float32),
            transforms=tf.ensure_shape(rows, [BATCH, 8]),
            output_shape=[SIZE, SIZE],
            fill_value=0.0,
            interpolation="BILINEAR",
            fill_mode="REFLECT",
        )

    source = tf.data.Dataset.from_tensor_slices(paths).map(decoded, num_parallel_calls=-1)
    batches = source.batch(BATCH, drop_remainder=True).enumerate()
    return batches.map(changed, num_parallel_calls=-1).prefetch(-1)


def _opencv(tf: Any, paths: list[str]) -> Any:
    """OpenCV: imread, warpAffine, bilinear and mirrored, then cv2.transform by the colours."""
    import cv2

    cv2.setNumThreads(1)

    def load(step: Any) -> Any:
        views, tints = _matrices(int(step))
        found = np.empty((BATCH, SIZE, SIZE, 3), dtype=np.uint8)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        for k, path in enumerate(paths[BATCH * step : BATCH * (step + 1)]):
            image = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
            seen = cv2.warpAffine(
                image, views[k], (SIZE, SIZE), flags=flags, borderMode=cv2.BORDER_REFLECT_101
            )
            found[k] = cv2.transform(seen, tints[k])
        return found

    def loaded(step: Any) -> Any:
        return tf.ensure_shape(tf.numpy_function(load, [step], tf.uint8), [BATCH, SIZE, SIZE, 3])

    source = tf.data.Dataset.range(len(paths) // BATCH)
    return source.map(loaded, num_parallel_calls=len(os.sched_getaffinity(0))).prefetch(2)


def _decoded(tf: Any, paths: list[str]) -> Any:
    """decode_jpeg and no change."""

    def one(path: Any) -> Any:
        return tf.image.decode_jpeg(tf.io.read_file(path), channels=3)

    source = tf.data.Dataset.from_tensor_slices(paths).map(one, num_parallel_calls=-1)
    return source.batch(BATCH, drop_remainder=True).prefetch(-1)


LABELS = {
    "notebook": "notebooks: a gather and tf.image, an image at a time",
    "projected": "ImageProjectiveTransformV3, a batch at a time; no colour changed",
    "opencv": "OpenCV: imread, warpAffine, transform",
    "files": "**mel, decoded from files each time**",
    "records": "**mel, decoded from prepared records each time**",
    "kept": "**mel, from kept pixels**",
    "decoded": "no change: tf.io.decode_jpeg alone",
    "files_plain": "no change: mel, decoded from files each time",
    "kept_plain": "no change: mel, from kept pixels",
}


def _ways(tf: Any, paths: list[str], folder: Path) -> dict[str, Callable[[], Any]]:
    from mel.kaggle import prepare

    ordered = _order(paths)
    prepared = prepare(_table(paths), folder / "prepared", [SIZE]).prepared(SIZE)
    records = prepared.references.sort("image_id")["path"].to_list()
    ways: dict[str, Callable[[], Any]] = {
        "notebook": lambda: _notebook(tf, ordered),
        "projected": lambda: _projected(tf, ordered),
        "opencv": lambda: _opencv(tf, ordered),
        "files": lambda: _mel(paths, "decoded", folder),
        "records": lambda: _mel_records(records, folder),
        "kept": lambda: _mel(paths, "kept", folder),
        "decoded": lambda: _decoded(tf, ordered),
        "files_plain": lambda: _mel(paths, "decoded", folder, changed=False),
        "kept_plain": lambda: _mel(paths, "kept", folder, changed=False),
    }
    if _version("opencv-python-headless").startswith("no "):
        del ways["opencv"]
    return ways


def _mel_records(references: list[str], folder: Path) -> Any:
    return _mel([*references], "decoded", folder)


def _timed(dataset: Any, count: int) -> tuple[float, float]:
    """Give images a second, and processor seconds an image, after the first batches."""
    batches: Iterator[Any] = iter(dataset)
    for _ in range(WARM):
        next(batches)
    wall, busy = time.perf_counter(), time.process_time()
    done = sum(1 for _ in batches) * BATCH
    wall, busy = time.perf_counter() - wall, time.process_time() - busy
    if done != count - WARM * BATCH:
        raise RuntimeError(f"{done} images came, not {count - WARM * BATCH}")
    return done / wall, busy / done


# the parts, on one core


def _plain_loop() -> Callable[..., None]:
    """The pass as it was first written: float, every pixel tested, channel by channel."""
    import numba

    @numba.njit(nogil=True)  # type: ignore[untyped-decorator]
    def loop(images: Bytes, views: Any, tints: Any, out: Bytes) -> None:
        last = images.shape[1] - 1
        for n in range(len(images)):
            for y in range(last + 1):
                for x in range(last + 1):
                    px = views[n, 0, 0] * x + views[n, 0, 1] * y + views[n, 0, 2]
                    py = views[n, 1, 0] * x + views[n, 1, 1] * y + views[n, 1, 2]
                    left, top = math.floor(px), math.floor(py)
                    across, down = px - left, py - top
                    x0, x1 = abs(left) % (2 * last), abs(left + 1) % (2 * last)
                    y0, y1 = abs(top) % (2 * last), abs(top + 1) % (2 * last)
                    x0, x1 = min(x0, 2 * last - x0), min(x1, 2 * last - x1)
                    y0, y1 = min(y0, 2 * last - y0), min(y1, 2 * last - y1)
                    seen = np.empty(3)
                    for c in range(3):
                        upper = images[n, y0, x0, c] * (1 - across) + images[n, y0, x1, c] * across
                        lower = images[n, y1, x0, c] * (1 - across) + images[n, y1, x1, c] * across
                        seen[c] = upper * (1 - down) + lower * down
                    for c in range(3):
                        value = tints[n, c, 3] + 0.5
                        for k in range(3):
                            value += tints[n, c, k] * seen[k]
                        out[n, y, x, c] = int(min(max(value, 0.0), 255.0))

    return loop


def _parts(paths: list[str]) -> dict[str, float]:
    """Give the microseconds an image of each part, the fastest of many runs in turn."""
    from mel.cnn.augmenting import Mixture, augment
    from mel.cnn.augmenting.resampling import resample
    from mel.config import Augmentation
    from mel.images import decode

    files = [Path(path).read_bytes() for path in paths[:BATCH]]
    images = np.stack([decode(data, SIZE) for data in files])
    views, tints = _matrices(0)
    loop, out = _plain_loop(), np.empty_like(images)

    def only(**changes: Any) -> Callable[[], object]:
        settings = Augmentation(flips=False).model_copy(update=changes)
        return lambda: augment(images, (0, 0, 0, 1), settings)

    def mixed(settings: Augmentation) -> Callable[[], object]:
        return lambda: Mixture.of(BATCH, SIZE, (0,), settings).images(images)

    ways: dict[str, Callable[[], object]] = {
        "decode a JPEG of 256 pixels": lambda: [decode(data, SIZE) for data in files],
        "geometry and colour, as first written": lambda: loop(images, views, tints, out),
        "geometry and colour": lambda: resample(images, views, tints),
        "geometry alone": lambda: resample(images, views, None),
        "the whole of augment, as measured above": lambda: augment(
            images, (0, 0, 0, 1), _settings().augmentation
        ),
        "colour alone": only(contrast=0.2),
        "flips and quarter turns alone": only(flips=True),
        "hairs, were they on every image": only(hair_share=1.0),
        "a microscope's rim, on every image": only(border_share=1.0),
        "cutout, on every image": only(cutout=0.3, cutout_share=1.0),
        "MixUp": mixed(Augmentation(mixup=0.4)),
        "CutMix": mixed(Augmentation(cutmix=1.0)),
    }
    best = dict.fromkeys(ways, math.inf)
    for turn in range(25):
        for name, way in ways.items():
            begun = time.perf_counter()
            way()
            took = (time.perf_counter() - begun) / BATCH * 1e6
            best[name] = min(best[name], took) if turn else math.inf  # the first compiles
    return best


# the result


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"no {package}"


def _ratio(rates: Rates, one: str, other: str) -> tuple[float, float]:
    """Give how many times as fast one way is: by the clock, and by processor time."""
    pairs = list(zip(rates[one], rates[other], strict=True))
    return (
        statistics.median(a / b for (a, _), (b, _) in pairs),
        statistics.median(b / a for (_, a), (_, b) in pairs),
    )


def _rows(rates: Rates) -> list[str]:
    lines = []
    for name, found in rates.items():
        rate, busy = [r for r, _ in found], statistics.median(c for _, c in found) * 1e3
        clock, cpu = _ratio(rates, name, "notebook")
        lines.append(
            f"| {LABELS[name]} | {statistics.median(rate):,.0f} | {min(rate):,.0f} to "
            f"{max(rate):,.0f} | {clock:.2f} | {busy:.2f} | {cpu:.2f} |"
        )
    return lines


def _verdicts(rates: Rates, parts: dict[str, float]) -> list[str]:
    lines = []
    for name, label in (("files", "decoding each time"), ("kept", "from kept pixels")):
        clock, cpu = _ratio(rates, name, "notebook")
        lines.append(
            f"- mel {label}: {clock:.2f} times the notebooks by the clock, {cpu:.2f} times by "
            f"processor time; at least 2 is asked for: {'met' if clock >= 2 else 'missed'}."
        )
    if "opencv" in rates:
        clock, cpu = _ratio(rates, "files", "opencv")
        lines.append(
            f"- mel decoding each time: {clock:.2f} times OpenCV by the clock, {cpu:.2f} times by "
            "processor time. What is left between them is the decoding, in Pillow."
        )
    before, after = (parts[f"geometry and colour{end}"] for end in (", as first written", ""))
    lines.append(
        f"- What the profile gave: the pass over the pixels took {before:.0f} microseconds an "
        f"image as it was first written, and takes {after:.0f}: {before / after:.1f} times as "
        "fast. Three colours in one number save two of three interpolations; the part of a line "
        "that lies inside is found first and runs without a test; places as unsigned numbers "
        "spare the test for negative ones; and packing, unpacking and colours, in flat loops of "
        "their own, run on the processor's vectors."
    )
    return lines


def _report(
    given: argparse.Namespace,
    rates: Rates,
    parts: dict[str, float],
    facts: dict[str, Any],
) -> str:
    packages = ("mel", "tensorflow", "numba", "numpy", "pillow", "opencv-python-headless")
    return "\n".join(
        [
            "# Input with augmentation, without a model",
            "",
            f"- command: `python benchmarks/augment.py --images {given.images} "
            f"--rounds {given.rounds}`",
            f"- machine: {len(os.sched_getaffinity(0))} {platform.machine()} cores, Python "
            f"{platform.python_version()}; {', '.join(map(_version, packages))}",
            f"- time: {facts['minutes']:.0f} minutes; load average {facts['load']}",
            f"- files: {given.images} generated JPEGs of {SIZE} pixels, quality 95, "
            f"{facts['kilobytes']:.0f} KB each in the mean; the same files in the same order for "
            f"every way, batches of {BATCH}",
            "- changes: rotation by any angle, shear, zoom, shift, flips, hue, saturation, "
            "contrast and brightness on every image. The notebooks take the nearest pixel and "
            "repeat the edge; all others interpolate bilinearly and mirror. mel's batches are "
            "uint8 and the same whatever the threads; those of the notebooks float32.",
            "",
            *_verdicts(rates, parts),
            "",
            "| way | images/s | slowest to fastest round | times the notebooks | CPU ms an image | "
            "times the notebooks, CPU |",
            "|---|---|---|---|---|---|",
            *_rows(rates),
            "",
            f"Each way ran once in each of {given.rounds} rounds, in turn, in one process; "
            f"images/s is the median round, a ratio the median of the rounds' ratios. The clock "
            f"starts after {WARM} batches. The columns of CPU time are for machines that do other "
            "work at the same time.",
            "",
            "| part | microseconds an image, one core |",
            "|---|---|",
            *(f"| {name} | {took:.0f} |" for name, took in parts.items()),
            "",
            f"The fastest of 24 runs in turn over {BATCH} images.",
            "",
        ]
    )


def main() -> None:
    """Generate the files, run every way in turn, write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2048, help="files to generate")
    parser.add_argument("--rounds", type=int, default=7, help="how often each way is run")
    given = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    from mel.process import keep_freed

    keep_freed()  # as every process does in which mel trains; it serves the other ways as well
    begun, load = time.monotonic(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        paths = _files(folder, given.images)
        ways = _ways(tf, paths, folder)
        rates: Rates = {name: [] for name in ways}
        for turn in range(given.rounds):
            for name, way in ways.items():
                rates[name].append(_timed(way(), given.images // BATCH * BATCH))
            print(f"round {turn + 1} of {given.rounds}", file=sys.stderr, flush=True)
        facts = {
            "kilobytes": statistics.mean(Path(path).stat().st_size for path in paths) / 1e3,
            "minutes": (time.monotonic() - begun) / 60,
            "load": f"{load:.1f} at the start, {os.getloadavg()[0]:.1f} at the end",
        }
        report = _report(given, rates, _parts(paths), facts)
    RESULT.write_text(report, encoding="utf-8")
    print(report)


if __name__ == "__main__":
    main()
