"""Copies among HAM10000's pictures: writes benchmarks/results/duplicates.md and duplicates.svg.

python benchmarks/duplicates.py --data DIR

DIR holds HAM10000's images and its metadata. Known copies are made of some of the pictures (other
quality, size, orientation, crop, brightness), and looked for among all of them. The other side is
the 64-bit DCT hash of the package ImageHash (`pip install ImageHash`), each hash compared with
each; without the package its rows are left out.
"""

import argparse
import io
import os
import platform
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from PIL import Image, ImageEnhance

from mel.files import versions, write_text
from mel.kaggle.duplicates.search import THRESHOLD, Found, search

RESULT = Path(__file__).parent / "results" / "duplicates.md"
PLOT = RESULT.with_suffix(".svg")
WIDE = 0.3  # a threshold that shows what lies beyond the one that counts
LIMITS = (0.02, 0.03, 0.04, 0.05, 0.06, 0.08)
SEEN = {  # pairs of different lesions that are one photograph each, as one sees side by side
    ("ISIC_0025226", "ISIC_0030074"),
    ("ISIC_0027027", "ISIC_0029036"),
    ("ISIC_0027636", "ISIC_0027994"),
}
CUSTOMARY = 8  # bits, of ImageHash
_FLIP = Image.Transpose.FLIP_LEFT_RIGHT
Change = Callable[[Image.Image], Image.Image]


def crop(share: float, aside: float = 0.0) -> Change:
    """Cut a share off width and height; `aside` moves the window, in shares of the margin."""

    def cut(image: Image.Image) -> Image.Image:
        wide, high = (round(side * (1 - share)) for side in image.size)
        left = round((image.width - wide) / 2 * (1 + aside))
        top = round((image.height - high) / 2 * (1 - aside))
        return image.crop((left, top, left + wide, top + high))

    return cut


def resize(factor: float) -> Change:
    """Scale both sides."""
    return lambda image: image.resize((round(image.width * factor), round(image.height * factor)))


def square(image: Image.Image) -> Image.Image:
    """Cut to the centred square, as many prepared copies are."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side))


def turned(way: Image.Transpose) -> Change:
    """Turn or mirror."""
    return lambda image: image.transpose(way)


def brightness(factor: float) -> Change:
    """Make brighter or darker, clipping."""
    return lambda image: ImageEnhance.Brightness(image).enhance(factor)


def all_at_once(image: Image.Image) -> Image.Image:
    """Crop, turn and darken."""
    return brightness(0.85)(turned(Image.Transpose.ROTATE_90)(crop(0.06, 0.3)(image)))


CHANGES: Mapping[str, tuple[Change, int]] = {  # the change, and the JPEG quality it is saved with
    "quality 50": (lambda image: image, 50),
    "quality 25": (lambda image: image, 25),
    "half the size": (resize(0.5), 90),
    "1.5 times the size": (resize(1.5), 90),
    "rotated by 90°": (turned(Image.Transpose.ROTATE_90), 90),
    "rotated by 180°": (turned(Image.Transpose.ROTATE_180), 90),
    "rotated by 270°": (turned(Image.Transpose.ROTATE_270), 90),
    "mirrored": (turned(_FLIP), 90),
    "cropped by 4 %": (crop(0.04), 90),
    "cropped by 8 %": (crop(0.08), 90),
    "cropped by 8 %, off centre": (crop(0.08, 0.5), 90),
    "cropped by 15 %": (crop(0.15), 90),
    "cut to a square": (square, 90),
    "brightness x 1.25": (brightness(1.25), 90),
    "brightness x 0.75": (brightness(0.75), 90),
    "contrast x 1.3": (lambda image: ImageEnhance.Contrast(image).enhance(1.3), 90),
    "cropped, rotated, darker, quality 50": (all_at_once, 50),
}


class Seconds(NamedTuple):
    """How long something took: by the clock, and in time of processors."""

    clock: float
    cores: float


@dataclass(frozen=True)
class Figures:
    """What was measured: seconds by step, pairs with lesions, copies with distances, the peer's."""

    images: int
    copies: int
    seconds: Mapping[str, Seconds]
    first: Found
    pairs: pl.DataFrame  # of the originals: distance, same_lesion
    known: pl.DataFrame  # of known copies: change, distance
    peer: "Peer | None"


@dataclass(frozen=True)
class Peer:
    """ImageHash's side: seconds to hash and to compare, pairs and recall by Hamming distance."""

    version: str
    hashing: Seconds
    comparing: Seconds
    different: np.ndarray  # pairs of different lesions at most so many bits apart
    same: np.ndarray
    recall: Mapping[str, np.ndarray]  # by change, in one orientation
    turned: Mapping[str, np.ndarray]  # by change, over eight orientations
    different_turned: np.ndarray


def main() -> None:
    """Measure, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path, help="folder of HAM10000")
    parser.add_argument("--copies", type=int, default=500, help="pictures copied, by each change")
    given = parser.parse_args()
    found = measure(given.data, given.copies)
    write_text(RESULT, report(found))
    draw(found)
    print(RESULT.read_text(encoding="utf-8"))


def measure(data: Path, copies: int) -> Figures:
    """Search the originals twice, then the originals with the known copies."""
    meta = pl.read_csv(data / "HAM10000_metadata.csv").sort("image_id")
    path = pl.format("{}/images/{}.jpg", pl.lit(str(data)), "image_id")
    frame = meta.select("image_id", path=path, source=pl.lit("ham10000"))
    lesions = dict(meta.select("image_id", "lesion_id").iter_rows())
    rng = np.random.default_rng(0)
    chosen = frame[np.sort(rng.permutation(frame.height)[:copies]).tolist()]
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "hashes.parquet"
        first, cold = timed(lambda: search(frame, cache))
        _, warm = timed(lambda: search(frame, cache))
        made = pl.concat(
            [copy(chosen, change, Path(folder) / f"{n}") for n, change in enumerate(CHANGES)]
        )
        wide = search(pl.concat([frame, made]), cache, WIDE)
        peer = peer_side(frame, made, lesions)
    both = {name: pl.col(f"image_id_{name}").replace_strict(lesions, default=None) for name in "12"}
    pairs = wide.pairs.filter(both["1"].is_not_null() & both["2"].is_not_null())
    pairs = pairs.with_columns(same_lesion=both["1"] == both["2"])
    seconds = {"first run": cold, "second run": warm}
    return Figures(frame.height, copies, seconds, first, pairs, known(wide.pairs, made), peer)


def timed(work: Callable[[], Any]) -> tuple[Any, Seconds]:
    """Give what was made, and the seconds it took: by the clock, and of all cores together."""
    start, used = time.perf_counter(), time.process_time()
    made = work()
    return made, Seconds(time.perf_counter() - start, time.process_time() - used)


def copy(chosen: pl.DataFrame, change: str, folder: Path) -> pl.DataFrame:
    """Write changed copies of the chosen pictures, and give their rows."""
    folder.mkdir()
    apply, quality = CHANGES[change]
    rows = []
    for image_id, path in chosen.select("image_id", "path").iter_rows():
        with Image.open(path) as image:
            made = apply(image.convert("RGB"))
        out = folder / f"{image_id}.jpg"
        made.save(out, quality=quality)
        rows.append((f"{image_id} {change}", str(out), change))
    return pl.DataFrame(rows, ["image_id", "path", "source"], orient="row")


def known(pairs: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """Give each copy's distance from its original; null where the two were not found.

    An original with the same bytes as an earlier picture is found through that one.
    """
    exact = dict(pairs.filter(pl.col("kind") == "exact").select("image_id_2", "image_id_1").rows())
    near = {row[:2]: row[2] for row in pairs.select("image_id_1", "image_id_2", "distance").rows()}
    rows = []
    for copied, change in made.select("image_id", "source").iter_rows():
        own = copied.split(" ", 1)[0]
        rows.append((change, near.get((own, copied), near.get((exact.get(own), copied)))))
    return pl.DataFrame(rows, {"change": pl.String, "distance": pl.Float64}, orient="row")


def peer_side(frame: pl.DataFrame, made: pl.DataFrame, lesions: Mapping[str, str]) -> Peer | None:
    """Hash everything with ImageHash and compare each original with each; None without it."""
    try:
        import imagehash
    except ImportError:
        return None
    phashes = lambda image: pack(imagehash.phash(image).hash)  # noqa: E731
    originals, hashing = timed(lambda: hashed(frame["path"], phashes)[:, 0])
    place = {name: row for row, name in enumerate(frame["image_id"])}
    codes = np.unique([lesions[name] for name in frame["image_id"]], return_inverse=True)[1]
    (different, same), comparing = timed(lambda: brute_force(originals[:, None], codes))
    eight = hashed(frame["path"], phashes, range(8))
    recall: dict[str, np.ndarray] = {}
    over: dict[str, np.ndarray] = {}
    for (change,), rows in made.group_by("source", maintain_order=True):
        own = [place[name.split(" ", 1)[0]] for name in rows["image_id"]]
        theirs = hashed(rows["path"], phashes)[:, 0]
        bits = np.bitwise_count(eight[own] ^ theirs[:, None])
        recall[str(change)] = spread(bits[:, 0]) / rows.height
        over[str(change)] = spread(bits.min(1)) / rows.height
    turned_pairs = brute_force(eight, codes)[0]
    return Peer(
        imagehash.__version__, hashing, comparing, different, same, recall, over, turned_pairs
    )


def pack(bits: np.ndarray) -> np.uint64:
    """Give 64 bits as one number."""
    return np.packbits(bits.ravel()).view(np.uint64)[0]


def hashed(
    paths: pl.Series, phash: Callable[[Image.Image], np.uint64], ways: range = range(1)
) -> np.ndarray:
    """Give the hashes of pictures in some of the eight orientations: (pictures, ways)."""
    ways_of = [None, *Image.Transpose]
    rows = []
    for path in paths:
        with Image.open(path) as image:
            picture = image.convert("L")
        rows.append(
            [
                phash(picture.transpose(w) if w is not None else picture)
                for w in (ways_of[way] for way in ways)
            ]
        )
    return np.array(rows, np.uint64)


def brute_force(hashes: np.ndarray, lesions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Count pairs at most 0, 1, … 64 bits apart, of different lesions and of the same one."""
    counts = np.zeros((2, 65), np.int64)
    for row in range(len(hashes) - 1):
        bits = np.bitwise_count(hashes[row + 1 :, 0, None] ^ hashes[row]).min(1)
        same = lesions[row + 1 :] == lesions[row]
        counts[0] += np.bincount(bits[~same], minlength=65)
        counts[1] += np.bincount(bits[same], minlength=65)
    return counts[0].cumsum(), counts[1].cumsum()


def spread(bits: np.ndarray) -> np.ndarray:
    """Count how many are at most 0, 1, … 64."""
    return np.bincount(bits, minlength=65).cumsum()


def report(found: Figures) -> str:
    """Write the result: speed, recall by change, pairs by lesion, and why the threshold."""
    machine = f"{os.cpu_count()} {platform.machine()} cores, Python {platform.python_version()}"
    used = {k: v for k, v in versions().items() if k in ("mel", "numpy", "polars")}
    used["pillow"] = Image.__version__
    parts = [
        "# Copies among HAM10000's pictures",
        "- command: `python benchmarks/duplicates.py --data DIR`\n"
        f"- machine: {machine}\n- versions: {', '.join(f'{k} {v}' for k, v in used.items())}",
        "## Speed",
        speed(found),
        "## Recall of known copies",
        f"{found.copies} pictures of the {found.images:,}, each copied by each change, and looked "
        f"for among all originals and all copies; the share whose original was found, at the "
        f"threshold {THRESHOLD} and at others, in percent.",
        recall_table(found),
        "## Pairs among the originals",
        "HAM10000 has several pictures of many lesions: most are other photographs, some are "
        "crops or other exposures of one. A pair of different lesions is counted as false, though "
        "HAM10000 gives some pictures to two lesions.",
        pairs_table(found),
        "## The threshold",
        threshold_text(found),
        "![Distances of known copies and of pairs by lesion](duplicates.svg)",
    ]
    if found.peer:
        parts += ["## ImageHash on the same pictures", peer_text(found, found.peer)]
    return "\n\n".join(parts) + "\n"


def table(columns: list[str], rows: list[list[str]]) -> str:
    """Write a Markdown table."""
    lines = [columns, ["---", *("---:" for _ in columns[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def speed(found: Figures) -> str:
    """Write the seconds of each way, and how many pairs each looked at."""
    every = found.images * (found.images - 1) // 2
    ways = {f"mel, {name}": seconds for name, seconds in found.seconds.items()}
    if found.peer:
        parts = (found.peer.hashing, found.peer.comparing)
        whole = Seconds(*(sum(part) for part in zip(*parts, strict=True)))
        ways["ImageHash, each with each, upright"] = whole
    rows = [
        [name, f"{t.clock:.1f}", f"{found.images / t.clock:,.0f}", f"{t.cores:.1f}"]
        for name, t in ways.items()
    ]
    lines = [table(["way", "seconds", "images/s", "seconds of processor"], rows)]
    lines.append(
        "The seconds by the clock are those of a machine that had other work too; the seconds of "
        "processor are not changed by that."
    )
    lines.append(
        f"Of {every:,} pairs in eight orientations and seven views, the distance of "
        f"{found.first.compared:,} hashes was taken, and {found.first.aligned:,} pairs of "
        "thumbnails were aligned. The second run has the thumbnails from the cache."
    )
    if found.peer:
        lines.append(
            f"ImageHash took {found.peer.hashing.cores:.1f} s of processor for one hash a picture "
            f"and {found.peer.comparing.cores:.1f} s for all pairs in one orientation, in NumPy."
        )
    return "\n\n".join(lines)


def share(values: pl.Series, limit: float) -> float:
    """Give the share of distances that are known and at most `limit`."""
    return float((values <= limit).fill_null(value=False).mean() or 0.0)


def recall_table(found: Figures) -> str:
    """Write the recall of each change at each limit."""
    rows = []
    for change in CHANGES:
        distances = found.known.filter(pl.col("change") == change)["distance"]
        cells = [f"{100 * share(distances, limit):.1f}" for limit in LIMITS]
        beyond = f"{float(distances.quantile(0.99) or 0):.4f}"
        rows.append([change, *cells, beyond])
    whole = [f"{100 * share(found.known['distance'], limit):.1f}" for limit in LIMITS]
    rows.append(["**all**", *whole, f"{float(found.known['distance'].quantile(0.99) or 0):.4f}"])
    return table(["change", *(f"{limit:g}" for limit in LIMITS), "99th percentile"], rows)


def pairs_table(found: Figures) -> str:
    """Write how many pairs of one and of different lesions there are at each limit."""
    rows = []
    for limit in LIMITS:
        here = found.pairs.filter(pl.col("distance") <= limit)
        same = int(here["same_lesion"].sum())
        rate = f"{same / here.height:.3f}" if here.height else "–"
        rows.append([f"{limit:g}", f"{here.height}", f"{same}", f"{here.height - same}", rate])
    return table(["threshold", "pairs", "one lesion", "different lesions", "precision"], rows)


def threshold_text(found: Figures) -> str:
    """Say what the threshold keeps and what it leaves."""
    here = found.pairs.filter(pl.col("distance") <= THRESHOLD)
    odd = found.pairs.filter(~pl.col("same_lesion")).sort("distance")
    false = odd.filter(pl.col("distance") <= THRESHOLD)
    names = odd.select("image_id_1", "image_id_2")
    seen = [pair for pair in false.select(names.columns).rows() if pair in SEEN]
    unseen = odd.filter(pl.Series([pair not in SEEN for pair in names.rows()], dtype=pl.Boolean))
    beyond = [unseen.filter(pl.col("distance") <= limit).height for limit in (0.05, 0.06, 0.08)]
    return (
        f"At {THRESHOLD}, {100 * share(found.known['distance'], THRESHOLD):.1f} % of the known "
        f"copies are found, and {false.height} of {here.height} pairs are of different lesions. "
        f"{len(seen)} of these are one photograph under two lesion ids, as one "
        "sees in the contact sheet of `mel kaggle duplicates --report` "
        f"({', '.join(' and '.join(pair) for pair in seen)}). Pairs of really different lesions, "
        f"mostly small dark spots on plain skin, begin at {unseen['distance'].min():.4f}: "
        f"{beyond[0]} up to 0.05, {beyond[1]} up to 0.06, {beyond[2]} up to 0.08. Their number "
        "grows with the square of the number of pictures, and six times as many pictures, as in "
        "the data of 2019 and 2020 together, have 36 times as many pairs: that is why the "
        "threshold is not set right below the first of them."
    )


def peer_text(found: Figures, peer: Peer) -> str:
    """Compare recall at the same number of false pairs, and at a customary limit."""
    here = found.pairs.filter(pl.col("distance") <= THRESHOLD)
    false = here.height - int(here["same_lesion"].sum())
    upright = max(int((peer.different <= false).sum()) - 1, 0)
    counts = [
        [
            f"{bits}",
            f"{peer.different[bits]:,}",
            f"{peer.different_turned[bits]:,}",
            f"{peer.same[bits]:,}",
            mean(peer.recall, bits),
            mean(peer.turned, bits),
        ]
        for bits in (0, 2, 4, 6, CUSTOMARY, 10, 12)
    ]
    rows = []
    for change in CHANGES:
        own = found.known.filter(pl.col("change") == change)["distance"]
        theirs = (peer.recall[change][upright], peer.turned[change][CUSTOMARY])
        cells = [f"{100 * value:.1f}" for value in (share(own, THRESHOLD), *theirs)]
        rows.append([change, *cells])
    pairs = [f"{n:,}" for n in (peer.different[upright], peer.different_turned[CUSTOMARY])]
    rows.append(["**pairs of different lesions**", f"{false}", *pairs])
    return "\n\n".join(
        [
            f"`phash` of ImageHash {peer.version}, 64 bits. Pairs of originals at most so many "
            "bits apart, upright and in the best of eight orientations, and the mean recall over "
            "the changes above, in percent.",
            table(
                [
                    "bits",
                    "different lesions, upright",
                    "in eight orientations",
                    "one lesion, upright",
                    "recall, upright",
                    "in eight orientations",
                ],
                counts,
            ),
            f"Recall in percent: upright at the widest limit with no more false pairs "
            f"than mel's {false}, and in eight orientations at {CUSTOMARY} bits.",
            table(
                [
                    "change",
                    "mel",
                    f"ImageHash, upright, {upright} bits",
                    f"ImageHash, eight orientations, {CUSTOMARY} bits",
                ],
                rows,
            ),
        ]
    )


def mean(recall: Mapping[str, np.ndarray], bits: int) -> str:
    """Give the mean recall over the changes."""
    return f"{100 * np.mean([values[bits] for values in recall.values()]):.1f}"


def draw(found: Figures) -> None:
    """Draw the distances of each change and of the originals' pairs, with the threshold."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rows = [
        (change, found.known.filter(pl.col("change") == change)["distance"]) for change in CHANGES
    ]
    split = {True: "pairs of one lesion", False: "pairs of two lesions, nearest 600"}
    rows += [
        (name, found.pairs.filter(pl.col("same_lesion") == same)["distance"])
        for same, name in split.items()
    ]
    style = {
        "svg.hashsalt": "mel",
        "font.size": 9.5,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "font.family": "DejaVu Sans",
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(7.6, 6.2), layout="constrained")
        axes = figure.add_subplot()
        for place, (name, distances) in enumerate(rows):
            bar(axes, place, name, distances.drop_nulls().clip(1e-4).to_numpy())
        axes.axvline(THRESHOLD, color="#b91c1c", lw=1.2, ls="--")
        axes.text(THRESHOLD, -0.9, f"threshold {THRESHOLD}", color="#b91c1c", ha="center")
        axes.set_yticks(range(len(rows)), [name for name, _ in rows])
        axes.invert_yaxis()
        axes.set(xscale="log", xlim=(8e-5, WIDE), xlabel="distance (0.0001 or less at the left)")
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None}, facecolor="white")
    write_text(PLOT, buffer.getvalue())


def bar(axes: Any, place: int, name: str, distances: np.ndarray) -> None:
    """Draw one row: 1st to 99th percentile, quartiles, median, and what is beyond."""
    color = "#d97706" if name.startswith("pairs") else "#0f766e"
    if name.startswith("pairs"):
        spots = np.sort(distances)[:600]
        around = np.random.default_rng(0).uniform(-0.25, 0.25, len(spots))
        axes.plot(spots, place + around, ".", ms=4, color=color, alpha=0.6, mew=0)
        return
    low, first, middle, third, high = np.quantile(distances, [0.01, 0.25, 0.5, 0.75, 0.99])
    axes.plot([low, high], [place, place], color=color, lw=1)
    axes.plot([first, third], [place, place], color=color, lw=6, alpha=0.5, solid_capstyle="butt")
    axes.plot([middle], [place], "|", color=color, ms=9, mew=2)
    beyond = distances[distances > high]
    axes.plot(beyond, np.full(len(beyond), place), ".", ms=3, color=color, mew=0)


if __name__ == "__main__":
    main()
