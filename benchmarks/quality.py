"""What the picture warnings find, and what they find wrongly: writes benchmarks/results/quality.md.

python benchmarks/quality.py --data DIR

--data holds HAM10000. 2,000 of its pictures are measured, 2,000 of other lesions are checked as
they are, and 200 of these spoiled; then pictures of no skin, drawn here or photographs that come
with scikit-learn and matplotlib.
"""

import argparse
import importlib.util
import os
import platform
import time
from collections import Counter
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from mel.images import decode
from mel.images.quality import SIDE, WARNINGS, Looks

Pixels = NDArray[np.uint8]
RESULT = Path(__file__).parent / "results" / "quality.md"
COUNT, SPOILED, DRAWN = 2000, 200, 100
PACKAGES = ("mel", "numpy", "pillow")


def main() -> None:
    """Fit, check, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path, help="folder of HAM10000")
    known, unseen = _parts(parser.parse_args().data)
    start = time.perf_counter()
    looks = Looks.fit(known)
    fitting = time.perf_counter() - start
    pictures = [decode(path, SIDE) for path in unseen]
    start = time.process_time()
    real = _row("unseen real pictures", looks, pictures)
    each = (time.process_time() - start) / len(pictures)
    rows = [real, *_spoiled(looks, pictures[:: len(pictures) // SPOILED]), *_foreign(looks)]
    head = "| pictures | flagged | " + " | ".join(WARNINGS) + " |"
    table = [head, "|---|---:" + "|---:" * len(WARNINGS) + "|", *rows]
    RESULT.write_text(
        f"# Picture warnings\n\n{_origin()}\n\nShares in percent of {COUNT:,} unseen pictures of "
        f"HAM10000 (other lesions than the {COUNT:,} measured), {SPOILED} of them spoiled, and "
        f"{DRAWN} of no skin a kind.\n\n" + "\n".join(table) + f"\n\nMeasuring {COUNT:,} took "
        f"{fitting:.0f} s, two threads; checking one, decoded before, {1000 * each:.1f} ms of "
        "the processor.\n",
        encoding="utf-8",
    )
    print(RESULT.read_text(encoding="utf-8"))


def _parts(data: Path) -> tuple[list[Path], list[Path]]:
    """Two samples of pictures that share no lesion."""
    table = pl.read_csv(data / "HAM10000_metadata.csv").sort("image_id")
    lesions = table["lesion_id"].unique().sort().shuffle(seed=1)
    half = lesions[: len(lesions) // 2].to_list()
    mine = pl.col("lesion_id").is_in(half)
    samples = (table.filter(mine), table.filter(~mine))
    found = [part.sample(COUNT, seed=2)["image_id"].to_list() for part in samples]
    return ([data / "images" / f"{name}.jpg" for name in names] for names in found)  # type: ignore[return-value]


def _row(label: str, looks: Looks, pictures: Iterable[Pixels]) -> str:
    found = [looks.check(picture) for picture in pictures]
    counts = Counter(name for quality in found for name in quality.warnings)
    shares = [1 - sum(quality.fine for quality in found) / len(found)]
    shares += [counts[name] / len(found) for name in WARNINGS]
    return f"| {label} | " + " | ".join(f"{100 * s:.1f}" if s else "" for s in shares) + " |"


def _spoiled(looks: Looks, pictures: list[Pixels]) -> Iterable[str]:
    ways: dict[str, Callable[[Pixels], Pixels]] = {
        "out of focus (Gaussian, 1.5 of 256 pixels)": lambda x: _blurred(x, 1.5),
        "out of focus (2 pixels)": lambda x: _blurred(x, 2),
        "out of focus (5 pixels)": lambda x: _blurred(x, 5),
        "moved (12 pixels)": lambda x: _moved(x, 12),
        "half the light": lambda x: (x * 0.5).astype(np.uint8),
        "a fifth of the light": lambda x: (x * 0.2).astype(np.uint8),
        "half as dark": lambda x: (255 - (255 - x.astype(float)) * 0.5).astype(np.uint8),
        "overexposed, 30 % left": lambda x: (255 - (255 - x.astype(float)) * 0.3).astype(np.uint8),
        "red and blue exchanged": lambda x: np.ascontiguousarray(x[..., ::-1]),
        "negative": lambda x: 255 - x,
    }
    for label, way in ways.items():
        yield _row(label, looks, map(way, pictures))


def _blurred(pixels: Pixels, radius: float) -> Pixels:
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius)))


def _moved(pixels: Pixels, length: int) -> Pixels:
    padded = np.pad(pixels, ((0, 0), (0, length), (0, 0)), mode="edge").astype(np.uint32)
    return (sum(padded[:, k : k + SIDE] for k in range(length)) // length).astype(np.uint8)


def _foreign(looks: Looks) -> Iterable[str]:
    kinds = {
        "page of text": _text,
        "landscape": _landscape,
        "noise": _noise,
        "coloured clouds": _clouds,
        "cartoon": _cartoon,
        "one colour": lambda rng: Image.new("RGB", (SIDE, SIDE), tuple(_colour(rng))),
        "bare skin colour, some grain": _bare,
        "photographs (palace, flower, portrait), parts": _photo,
    }
    for label, draw in kinds.items():
        drawn = (_square(draw(np.random.default_rng(k))) for k in range(DRAWN))
        yield _row(label, looks, drawn)


def _square(image: Image.Image) -> Pixels:
    return np.asarray(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def _colour(rng: np.random.Generator) -> list[int]:
    return [int(level) for level in rng.integers(0, 256, 3)]


def _text(rng: np.random.Generator) -> Image.Image:
    image = Image.new("RGB", (450, 450), tuple(int(255 - x) for x in rng.integers(0, 25, 3)))
    font = ImageFont.load_default(int(rng.integers(12, 30)))
    words = ("the", "risk", "of", "a", "mole", "is", "what", "doctors", "say", "and", "not", "this")
    for y in range(15, 440, int(font.size * 1.4)):
        line = " ".join(rng.choice(words, 12))
        ImageDraw.Draw(image).text((20, y), line, fill=(30, 30, 35), font=font)
    return image


def _grain(rng: np.random.Generator, power: float) -> NDArray[np.float64]:
    """Noise whose strength falls with frequency, mean 0 and standard deviation 1."""
    frequency = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.fftfreq(SIDE)[None])
    frequency[0, 0] = 1
    field = np.fft.ifft2(np.fft.fft2(rng.normal(size=(SIDE, SIDE))) / frequency**power).real
    return (field - field.mean()) / field.std()


def _image(levels: NDArray[np.float64]) -> Image.Image:
    return Image.fromarray(levels.clip(0, 255).astype(np.uint8))


def _landscape(rng: np.random.Generator) -> Image.Image:
    x, y = np.meshgrid(np.linspace(0, 1, SIDE), np.linspace(0, 1, SIDE))
    hills = rng.uniform(0.35, 0.65) + 0.08 * np.sin(6 * x + 6 * rng.random())
    sky, green = (
        rng.uniform((90, 150, 210), (150, 200, 250)),
        rng.uniform((40, 90, 20), (110, 150, 60)),
    )
    above = sky * (1.2 - 0.5 * y[..., None])
    below = green * (0.6 + 0.6 * y[..., None])
    return _image(np.where((y < hills)[..., None], above, below) + 12 * _grain(rng, 1)[..., None])


def _noise(rng: np.random.Generator) -> Image.Image:
    return Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8))


def _clouds(rng: np.random.Generator) -> Image.Image:
    power, strength = rng.uniform(0.8, 1.6), rng.uniform(25, 60)
    return _image(128 + strength * np.stack([_grain(rng, power) for _ in range(3)], axis=-1))


def _cartoon(rng: np.random.Generator) -> Image.Image:
    image = Image.new("RGB", (450, 450), tuple(_colour(rng)))
    pen = ImageDraw.Draw(image)
    for _ in range(rng.integers(4, 12)):
        x, y, side = rng.integers(0, 400), rng.integers(0, 400), rng.integers(30, 200)
        shape = pen.ellipse if rng.random() < 0.5 else pen.rectangle
        box = (x, y, x + side, y + side * rng.uniform(0.5, 1.5))
        shape(box, fill=tuple(_colour(rng)), outline=(0, 0, 0), width=int(rng.integers(2, 8)))
    return image


def _bare(rng: np.random.Generator) -> Image.Image:
    skin = rng.uniform((170, 110, 90), (230, 170, 150))
    return _image(skin + rng.uniform(2, 8) * _grain(rng, 1.2)[..., None])


def _photo(rng: np.random.Generator) -> Image.Image:
    with Image.open(_PHOTOS[int(rng.integers(len(_PHOTOS)))]) as image:
        image = image.convert("RGB")
    side = rng.uniform(0.4, 1) * min(image.size)
    left, upper = rng.uniform(0, image.width - side), rng.uniform(0, image.height - side)
    return image.crop((int(left), int(upper), int(left + side), int(upper + side)))


def _package(name: str) -> Path:
    return Path(importlib.util.find_spec(name).submodule_search_locations[0])  # type: ignore[union-attr,index]


_PHOTOS = (
    _package("sklearn") / "datasets" / "images" / "china.jpg",
    _package("sklearn") / "datasets" / "images" / "flower.jpg",
    _package("matplotlib") / "mpl-data" / "sample_data" / "grace_hopper.jpg",
)


def _origin() -> str:
    machine = f"{os.cpu_count()} {platform.machine()} cores, Python {platform.python_version()}"
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"- command: `python benchmarks/quality.py --data DIR`\n- machine: {machine}\n"
        f"- versions: {versions}"
    )


if __name__ == "__main__":
    main()
